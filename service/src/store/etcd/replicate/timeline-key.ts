/**
 * The timeline of a store in etcd: the key `<prefix>timeline` holds its name, the id of the etcd cluster in which it began,
 * and that cluster's raft index and term shortly before. A replica makes the key when it is missing, and replaces it when
 * etcd was put back to an earlier state: from there on etcd gives the same revisions again, to other values (ADR 0180).
 */
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import type { Clock } from '../../clock.ts';
import { isTimeline, newTimeline } from '../../timeline.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import type { RangeRequest, RangeResponse, TxnRequest, TxnResponse } from '../wire/messages.ts';
import { WriteNonces } from '../write/write-nonces.ts';
import { lengthenLog, missingEntries, progressBehind, wasPutBack } from './raft-progress.ts';

/** Milliseconds of each call. */
const timeout = 5000;

type Caller = Pick<EtcdClient, 'callLeader'>;

/** What the key's value says. */
interface TimelineValue {
  /** Undefined: it is not one of ours. */
  readonly name: string | undefined;
  readonly clusterId: string;
  readonly raftIndex: number;
  /** 0: it says none. */
  readonly raftTerm: number;
}

interface TimelineKey extends TimelineValue {
  /** 0: the key is not there. */
  readonly revision: number;
  /** The id of the cluster that answered. */
  readonly answeredBy: string;
  /** The raft term when it answered. */
  readonly answeredIn: number;
}

export interface SettleOptions {
  readonly client: Pick<EtcdClient, 'callLeader' | 'member' | 'avoid'>;
  readonly layout: Layout;
  readonly clock: Clock;
}

/** At `revision`, or now: then linearizable. Throws EtcdCallError. */
export async function readTimeline(client: Caller, layout: Layout, revision = 0): Promise<TimelineKey> {
  const request: RangeRequest = { key: layout.timeline, revision };
  const { header, kvs } = await client.callLeader<RangeResponse>('range', request, timeout);
  const [kv] = kvs;
  return {
    ...parseTimeline(kv?.value),
    revision: kv?.mod_revision ?? 0,
    answeredBy: header.cluster_id,
    answeredIn: header.raft_term,
  };
}

export function parseTimeline(value: Buffer | undefined): TimelineValue {
  const [name = '', clusterId = '', index, term] = (value?.toString('latin1') ?? '').split(' ');
  return {
    name: isTimeline(name) ? name : undefined,
    clusterId,
    raftIndex: Number(index) || 0,
    raftTerm: Number(term) || 0,
  };
}

/**
 * Why an index on the timeline `ours` cannot go on from where it is; undefined: the timeline goes on. The index may be as
 * old as the snapshot that etcd was put back to, and then nothing else contradicts it.
 * Throws EtcdCallError, and an Error when a member lags behind for long.
 */
export async function timelineFault(
  { client, layout, clock }: SettleOptions,
  ours: string,
): Promise<'other-timeline' | 'restored' | undefined> {
  const key = await readTimeline(client, layout);
  if (key.name !== ours) return 'other-timeline';
  return wasPutBack(key, await progressBehind(client, clock, key.revision)) ? 'restored' : undefined;
}

/**
 * Sees to it that the key names the timeline that etcd is on, before a full sync reads it. `putBack`: a timeline whose
 * history etcd is known to have left. A replica that finds another name than that leaves it: another one has noticed
 * before it. Resolves with a name for the time until etcd, which is full, takes the key: then it is to be settled again;
 * undefined: it is settled. Throws EtcdCallError, and an Error when a member lags behind for long.
 */
export async function settleTimeline(
  { client, layout, clock }: SettleOptions,
  putBack: string | undefined,
): Promise<string | undefined> {
  const key = await readTimeline(client, layout);
  const progress = await progressBehind(client, clock, key.revision);
  const goesOn = key.name !== undefined && key.name !== putBack && key.clusterId === key.answeredBy;
  if (goesOn && !wasPutBack(key, progress)) return undefined;
  try {
    const missing = missingEntries(progress);
    if (missing > 0) await lengthenLog(client, layout, missing);
    await client.callLeader<TxnResponse>('txn', renaming(layout, key, progress.raftIndex + missing), timeout);
    return undefined;
  } catch (error) {
    if (meaningOf(error) !== 'no-space') throw error;
    // Reads go on while etcd is full.
    return newTimeline();
  }
}

function renaming(layout: Layout, key: TimelineKey, raftIndex: number): TxnRequest {
  const value = Buffer.from(`${newTimeline()} ${key.answeredBy} ${raftIndex} ${key.answeredIn}`);
  return {
    // Of several replicas that notice at once the first one decides.
    compare: [{ key: layout.timeline, result: 'EQUAL', mod_revision: key.revision }],
    success: [
      { request_put: { key: layout.timeline, value } },
      // As every write: barriers of the other replicas wait until they are on the new timeline.
      { request_put: { key: layout.head, value: new WriteNonces().next() } },
    ],
  };
}
