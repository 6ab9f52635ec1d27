/** Which revisions are stable: every reader that can still read by lease has received them (R5, R6). */
import type { ReplicaState } from './state.ts';

/**
 * The newest stable revision that the replica knows of. A reader counts for the revisions behind its own key's until its
 * key is gone. Readers whose keys were gone before a revision are in no list here, so later revisions never need fewer
 * reports than earlier ones, and a stable revision has only stable ones before it.
 */
export function stableUpTo({ received, readers, own }: ReplicaState): number {
  let stable = received;
  for (const { id, since, reported } of readers) {
    if (id !== own?.id) stable = Math.min(stable, Math.max(since, reported));
  }
  return stable;
}

/**
 * The index now shows everything up to the revision, which is stable. After a full sync it shows nothing until all that
 * the sync brought is stable (R10).
 */
export function show(state: ReplicaState, revision: number): ReplicaState {
  if (revision < state.base || revision <= state.shown) return state;
  return { ...state, shown: revision, pending: state.pending.behind(revision) };
}

/** Does the index hold nothing but stable revisions? */
export function isSettled({ shown, base }: ReplicaState): boolean {
  return shown >= base;
}

/** The ids of the readers that keep this replica from showing what it has received. */
export function awaitedReaders({ received, readers, own }: ReplicaState): readonly string[] {
  const behind = readers.filter(({ id, since, reported }) => id !== own?.id && Math.max(since, reported) < received);
  return behind.map(({ id }) => id);
}
