/** A replica's own lease: when it may be trusted, and when those of others are over. */
import type { OwnLease, ReplicaState } from './state.ts';

/** The replica is about to write its key, under an id that no lease ever had (R1). */
export function join(state: ReplicaState, id: string, now: number): ReplicaState {
  return { ...state, own: { id, until: now, isLeaving: false } };
}

/** A linearizable read that was sent at `sentAt` found the key, no notice against it, and our timeline (R2). */
export function confirm(state: ReplicaState, id: string, sentAt: number, duration: number): ReplicaState {
  const { own } = state;
  if (own === undefined || own.id !== id) return state;
  return { ...state, own: { ...own, until: Math.max(own.until, sentAt + duration) } };
}

/** From now on the replica does not read by its lease; only then may its key be deleted (R12). */
export function leave(state: ReplicaState): ReplicaState {
  const { own } = state;
  return own === undefined ? state : { ...state, own: { ...own, isLeaving: true } };
}

/** The lease that the replica may read by now: it has received its own key, hence everything before it (R3). */
export function trustedLease({ own, readers }: ReplicaState, now: number): OwnLease | undefined {
  if (own === undefined || own.isLeaving || now >= own.until) return undefined;
  return readers.some(({ id }) => id === own.id) ? own : undefined;
}

/** Readers whose key any replica may delete: a notice against them is older than their lease can be (R13). */
export function removable({ readers }: ReplicaState, now: number, wait: number): readonly string[] {
  return readers.filter(({ noticedAt }) => noticedAt !== undefined && now >= noticedAt + wait).map(({ id }) => id);
}
