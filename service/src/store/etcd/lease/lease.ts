/** A replica's own lease: when it may be trusted, and when those of others are over. */
import type { OwnLease, ReplicaState } from './state.ts';

/**
 * The replica is about to write its key, under an id that no lease ever had (R1). No notice is older than the key, so
 * the lease counts from here (R2).
 */
export function join(state: ReplicaState, id: string, now: number, duration: number): ReplicaState {
  return { ...state, own: { id, until: now + duration, isLeaving: false } };
}

/**
 * A linearizable read that was sent at `sentAt` found the key, no notice against it, and our timeline (R2). A lease that
 * was over by then stays over: its key may have been deleted, and a restore of etcd may have brought it back.
 */
export function confirm(state: ReplicaState, id: string, sentAt: number, duration: number): ReplicaState {
  const { own } = state;
  if (own === undefined || own.id !== id || sentAt >= own.until) return state;
  return { ...state, own: { ...own, until: Math.max(own.until, sentAt + duration) } };
}

/** From now on the replica does not read by its lease; only then may its key be deleted (R12). */
export function leave(state: ReplicaState): ReplicaState {
  const { own } = state;
  return own === undefined ? state : { ...state, own: { ...own, isLeaving: true } };
}

/** etcd has no key of that lease any more, as a transaction that deletes it says: the watch may bring that later. */
export function forget(state: ReplicaState, id: string): ReplicaState {
  const { own, readers } = state;
  if (own?.id !== id) return state;
  return { ...state, own: undefined, readers: readers.filter((reader) => reader.id !== id) };
}

/** The lease that the replica may read by now: it has received its own key, hence everything before it (R3). */
export function trustedLease({ own, readers }: ReplicaState, now: number): OwnLease | undefined {
  if (own === undefined || own.isLeaving || now >= own.until) return undefined;
  return readers.some(({ id }) => id === own.id) ? own : undefined;
}

export interface Removal {
  readonly id: string;
  /** The transaction that deletes the key demands that this notice is there. */
  readonly notice: string;
}

/**
 * The readers whose key any replica may delete: it has known the notice for longer than their lease can last (R13). A
 * restore of etcd may have taken that notice away, and another one may be younger: hence the demand.
 */
export function removable({ readers }: ReplicaState, now: number, wait: number): readonly Removal[] {
  return readers.flatMap(({ id, notice }) =>
    notice !== undefined && now >= notice.since + wait ? [{ id, notice: notice.name }] : [],
  );
}
