/**
 * The timeline of a store in etcd: the key `<prefix>timeline` holds its name and the id of the etcd cluster that it was
 * begun in. A replica makes the key when it is missing, and replaces it when etcd was put back to an earlier state: from
 * there on etcd gives the same revisions again, to other values (ADR 0180).
 */
import { isTimeline, newTimeline } from '../timeline.ts';
import type { EtcdClient } from './client.ts';
import type { ResyncCause } from './etcd-metrics.ts';
import type { Layout } from './layout.ts';
import { Tokens } from './tokens.ts';
import type { RangeRequest, RangeResponse, TxnRequest, TxnResponse } from './wire/messages.ts';

/** Milliseconds of each call. */
const timeout = 5000;

type Caller = Pick<EtcdClient, 'callLeader'>;

export interface TimelineKey {
  /** Undefined: the key is not there, or holds something else. */
  readonly name: string | undefined;
  /** The id of the cluster in which it was begun. */
  readonly clusterId: string;
  /** 0: the key is not there. */
  readonly revision: number;
  /** The id of the cluster that answered. */
  readonly answeredBy: string;
}

/** At `revision`, or now: then linearizable. Throws EtcdCallError. */
export async function readTimeline(client: Caller, layout: Layout, revision = 0): Promise<TimelineKey> {
  const request: RangeRequest = { key: layout.timeline, revision };
  const { header, kvs } = await client.callLeader<RangeResponse>('range', request, timeout);
  const [kv] = kvs;
  const { name, clusterId } = parseTimeline(kv?.value);
  return { name, clusterId, revision: kv?.mod_revision ?? 0, answeredBy: header.cluster_id };
}

/** What the key's value says; no name: it is not one of ours. */
export function parseTimeline(value: Buffer | undefined): Pick<TimelineKey, 'name' | 'clusterId'> {
  const [name = '', clusterId = ''] = (value?.toString('latin1') ?? '').split(' ');
  return { name: isTimeline(name) ? name : undefined, clusterId };
}

/**
 * Sees to it that the key names the timeline that etcd is on, before a full sync for `cause` reads it. `ours`: the
 * timeline of the index. A replica that finds another name leaves it: another one has noticed before it.
 * Throws EtcdCallError.
 */
export async function settleTimeline(client: Caller, layout: Layout, ours: string, cause: ResyncCause): Promise<void> {
  const now = await readTimeline(client, layout);
  const rewritten = cause === 'restored' || cause === 'other-cluster';
  if (now.name !== undefined && now.clusterId === now.answeredBy && !(rewritten && now.name === ours)) return;
  const value = Buffer.from(`${newTimeline()} ${now.answeredBy}`);
  const request: TxnRequest = {
    // Of several replicas that notice at once the first one decides.
    compare: [{ key: layout.timeline, result: 'Equal', mod_revision: now.revision }],
    success: [
      { request_put: { key: layout.timeline, value } },
      // As every write: barriers of the other replicas wait until they are on the new timeline.
      { request_put: { key: layout.head, value: new Tokens().next() } },
    ],
  };
  await client.callLeader<TxnResponse>('txn', request, timeout);
}
