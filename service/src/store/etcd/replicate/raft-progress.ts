/** How far raft's log has come: it shows whether etcd was restored from a snapshot (ADR 0180). */
import type { StatusResponse } from '@kvstore/etcd/messages.ts';
import { type Clock, pause } from '../../clock.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import type { TxnRequest, TxnResponse } from '../wire/messages.ts';
import { WriteNonces } from '../write/write-nonces.ts';

/** Milliseconds of each call. */
const timeout = 5000;
/** Milliseconds between looks at a member that is behind, and how many there are. */
const lookInterval = 50;
const looks = 40;
/**
 * The index of raft that a timeline begins at, at least. A log that is begun anew by a restore starts at about 10: it
 * takes hundreds of entries that make no revision until it looks like one that went on.
 */
const leastIndex = 512;
/** Entries that are under way at once: etcd writes them to its log together. */
const atOnce = 64;
/** No key has it. */
const noRevision = -1;

type Client = Pick<EtcdClient, 'callLeader' | 'member' | 'avoid'>;

/** Of a member at one time, or of etcd when a timeline began. */
export interface Progress {
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly revision: number;
}

/**
 * Whether etcd was restored from a snapshot after the timeline began. A revision takes at least one entry of raft's log,
 * so the index of raft never falls behind the revision, nor does the term ever fall; a snapshot keeps the revision and
 * begins raft's log anew. `progress` may say more of the index than of the revision, since a member commits before it
 * applies; index and term of `began` are from before its revision. All err on the side of no restore.
 */
export function wasPutBack(began: Progress, progress: Progress): boolean {
  if (progress.raftTerm < began.raftTerm) return true;
  return progress.raftIndex - progress.revision < began.raftIndex + 1 - began.revision;
}

/** Of a member that has applied the revision. Throws EtcdCallError, and an Error when it lags behind for long. */
export async function progressBehind(client: Client, clock: Clock, revision: number): Promise<Progress> {
  const endpoint = await client.member(timeout);
  for (let look = 0; look < looks; look++) {
    const status = await endpoint.call<StatusResponse>('Maintenance', 'status', {}, timeout);
    const progress = {
      raftIndex: Number(status.raftIndex),
      raftTerm: Number(status.raftTerm),
      revision: Number(status.header.revision),
    };
    if (progress.revision >= revision) return progress;
    await pause(clock, lookInterval);
  }
  client.avoid(endpoint);
  throw new Error(`A member of etcd has not reached revision ${revision}.`);
}

/** How many entries a young log lacks before a timeline may begin; 0: none. */
export function missingEntries({ raftIndex }: Pick<Progress, 'raftIndex'>): number {
  return Math.max(0, leastIndex - raftIndex);
}

/** Adds entries to raft's log that change nothing: transactions whose condition never holds. Throws EtcdCallError. */
export async function lengthenLog(client: Client, { head }: Layout, entries: number): Promise<void> {
  const request: TxnRequest = {
    compare: [{ key: head, result: 'EQUAL', mod_revision: noRevision }],
    // Without a write etcd would answer it without its log.
    success: [{ request_put: { key: head, value: new WriteNonces().next() } }],
  };
  for (let done = 0; done < entries; done += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, entries - done) }, () =>
      client.callLeader<TxnResponse>('txn', request, timeout),
    );
    await Promise.all(some);
  }
}
