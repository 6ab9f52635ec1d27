/** What a read or an answer waits for. Everything is then read from the index, which shows stable revisions only. */
import { trustedLease } from './lease.ts';
import { isSettled } from './stability.ts';
import type { Reads, ReplicaState } from './state.ts';

/**
 * The revision that a read which begins now waits for, to be answered without a call to etcd: the newest pending one that
 * changes what it reads (R7). Undefined: the replica has no lease that it trusts, so the read takes the barrier (R8).
 */
export function leaseTarget(state: ReplicaState, reads: Reads, now: number): number | undefined {
  if (trustedLease(state, now) === undefined) return undefined;
  return Math.max(state.base, state.pending.newest(reads));
}

/** Is the revision of that timeline in the index? Barriers (R8) and answers that show what etcd found (R9) wait for it. */
export function shows(state: ReplicaState, timeline: string, revision: number): boolean {
  return state.timeline === timeline && isSettled(state) && state.shown >= revision;
}

/** What a transaction's answer says. */
export interface Committed {
  /** As the transaction itself read it. */
  readonly timeline: string;
  readonly revision: number;
  /** How many readers' keys the transaction itself found. */
  readonly readers: number;
  /** The newest revision that the replica had received when it sent the transaction. */
  readonly receivedBefore: number;
}

/** May a write be acknowledged (R9)? A revision that is not new is of another history: the index is synced anew (R11). */
export function mayAcknowledge(
  state: ReplicaState,
  { timeline, revision, readers, receivedBefore }: Committed,
): boolean {
  if (timeline !== state.timeline || revision <= receivedBefore) return false;
  return readers === 0 || shows(state, timeline, revision);
}
