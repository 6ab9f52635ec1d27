/**
 * The timeline of a store in etcd: the key `<prefix>timeline` holds its name, the id of the etcd cluster in which it began
 * and that cluster's raft index shortly before. A replica makes the key when it is missing, and replaces it when etcd was
 * put back to an earlier state: from there on etcd gives the same revisions again, to other values (ADR 0180).
 */
import type { IStatusResponse } from 'etcd3';
import { type Clock, pause } from '../clock.ts';
import { isTimeline, newTimeline } from '../timeline.ts';
import { meaningOf } from './call-error.ts';
import type { EtcdClient } from './client.ts';
import type { ResyncCause } from './etcd-metrics.ts';
import type { Layout } from './layout.ts';
import { Tokens } from './tokens.ts';
import type { RangeRequest, RangeResponse, TxnRequest, TxnResponse } from './wire/messages.ts';

/** Milliseconds of each call. */
const timeout = 5000;
/** Milliseconds between looks at a member that is behind, and how many there are. */
const lookInterval = 50;
const looks = 40;

type Caller = Pick<EtcdClient, 'callLeader'>;

/** What the key's value says. */
interface TimelineValue {
  /** Undefined: it is not one of ours. */
  readonly name: string | undefined;
  readonly clusterId: string;
  readonly raftIndex: number;
}

interface TimelineKey extends TimelineValue {
  /** 0: the key is not there. */
  readonly revision: number;
  /** The id of the cluster that answered. */
  readonly answeredBy: string;
}

/** How far a member has come, read at one time. */
interface Progress {
  readonly raftIndex: number;
  readonly revision: number;
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
  return { ...parseTimeline(kv?.value), revision: kv?.mod_revision ?? 0, answeredBy: header.cluster_id };
}

export function parseTimeline(value: Buffer | undefined): TimelineValue {
  const [name = '', clusterId = '', raftIndex = ''] = (value?.toString('latin1') ?? '').split(' ');
  return { name: isTimeline(name) ? name : undefined, clusterId, raftIndex: Number(raftIndex) || 0 };
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
 * Sees to it that the key names the timeline that etcd is on, before a full sync for `cause` reads it. `ours`: the
 * timeline of the index. A replica that finds another name than its own leaves it: another one has noticed before it.
 * Resolves with a name for the time until etcd, which is full, takes the key: then it is to be settled again; undefined: it
 * is settled. Throws EtcdCallError, and an Error when a member lags behind for long.
 */
export async function settleTimeline(
  { client, layout, clock }: SettleOptions,
  ours: string,
  cause: ResyncCause,
): Promise<string | undefined> {
  const key = await readTimeline(client, layout);
  const progress = await progressBehind(client, clock, key.revision);
  const noticed = (cause === 'restored' || cause === 'other-cluster') && key.name === ours;
  if (key.name !== undefined && key.clusterId === key.answeredBy && !noticed && !wasPutBack(key, progress)) {
    return undefined;
  }
  const value = Buffer.from(`${newTimeline()} ${key.answeredBy} ${progress.raftIndex}`);
  const request: TxnRequest = {
    // Of several replicas that notice at once the first one decides.
    compare: [{ key: layout.timeline, result: 'Equal', mod_revision: key.revision }],
    success: [
      { request_put: { key: layout.timeline, value } },
      // As every write: barriers of the other replicas wait until they are on the new timeline.
      { request_put: { key: layout.head, value: new Tokens().next() } },
    ],
  };
  try {
    await client.callLeader<TxnResponse>('txn', request, timeout);
    return undefined;
  } catch (error) {
    if (meaningOf(error) !== 'no-space') throw error;
    // Reads go on while etcd is full.
    return newTimeline();
  }
}

/**
 * Whether etcd was restored from a snapshot after the timeline began. A revision takes at least one entry of raft's log,
 * so the index of raft never falls behind the revision; a snapshot keeps the revision and begins raft's log anew.
 * `progress` may say more of the index than of the revision, since a member commits before it applies; the index in the
 * key is from before the key's revision. Both err on the side of no restore.
 */
export function wasPutBack(
  { raftIndex, revision }: Pick<TimelineKey, 'raftIndex' | 'revision'>,
  progress: Progress,
): boolean {
  return progress.raftIndex - progress.revision < raftIndex + 1 - revision;
}

/** Of a member that has applied the revision. */
async function progressBehind(client: SettleOptions['client'], clock: Clock, revision: number): Promise<Progress> {
  const endpoint = await client.member(timeout);
  for (let look = 0; look < looks; look++) {
    const status = await endpoint.call<IStatusResponse>('Maintenance', 'status', {}, timeout);
    const progress = { raftIndex: Number(status.raftIndex), revision: Number(status.header.revision) };
    if (progress.revision >= revision) return progress;
    await pause(clock, lookInterval);
  }
  client.avoid(endpoint);
  throw new Error(`A member of etcd has not reached revision ${revision}.`);
}
