/** How much may happen in each exploration. One subject each: all subjects at once cannot be exhausted. */
import type { Scope } from './world/world.ts';

const none: Scope = {
  ...{ replicas: 2, writes: 1, expiries: 0, joins: 1, crashes: 0, cuts: 0, syncs: 0, compactions: 0, restores: 0 },
  ...{ lateKeys: 0, slowClocks: false, duration: 2, wait: 2 },
};

export const scopes = {
  /** One write, one lease. */
  small: none,
  /** Two writes, of two keys. */
  writes: { ...none, writes: 2 },
  /** One write, and two leases. */
  leases: { ...none, joins: 2 },
  /** What etcd removes by itself. */
  expiry: { ...none, writes: 1, expiries: 1, joins: 1 },
  /** A clock that loses a tick in three. */
  clocks: { ...none, slowClocks: true, wait: 3 },
  /** Processes that die and begin again, with reports that come late. */
  crashes: { ...none, crashes: 1 },
  /** Full syncs: for any cause, and because etcd was compacted. */
  syncs: { ...none, writes: 2, syncs: 1, compactions: 1 },
  /** A full sync, and a crash before what it brought is stable. */
  syncAndCrash: { ...none, writes: 1, syncs: 1, crashes: 1 },
  /** A key that etcd makes after its replica has given it up. */
  lateKeys: { ...none, lateKeys: 1 },
  /** Two replicas that cannot reach each other. */
  cuts: { ...none, cuts: 1 },
  /** Writes of two histories, by replicas that do and do not know of the restore. */
  otherHistory: { ...none, writes: 3, restores: 1, duration: 1, wait: 1 },
  /** etcd is put back to an earlier state. */
  restore: { ...none, writes: 2, restores: 1 },
  /** A restore that brings a lease and its notice back. */
  restoredLease: { ...none, restores: 1 },
  /** One reader, two others. */
  three: { ...none, replicas: 3, writes: 1 },
} as const satisfies Record<string, Scope>;

/** All subjects at once, for random walks. */
export const everything: Scope = {
  ...{ replicas: 3, writes: 4, expiries: 1, joins: 4, crashes: 2, cuts: 1, syncs: 1, compactions: 1, restores: 1 },
  ...{ lateKeys: 1, slowClocks: true, duration: 2, wait: 4 },
};

export type ScopeName = keyof typeof scopes;
