/**
 * The world around the replicas: etcd, their clocks, connections and requests under way. There are no clients in it:
 * `floor` is the newest revision that any client can know of, and the property (property.ts) says what every read that
 * could begin now has to show.
 */
import type { ReplicaState, Report } from '../../../service/src/store/etcd/lease/state.ts';
import { PendingList } from './pending.ts';

export interface Entry {
  readonly kind: 'write' | 'expiry' | 'join' | 'leave' | 'notice';
  readonly keys: readonly string[];
  /** Of the reader; '' for writes and expiries. */
  readonly id: string;
  /** The name of a notice; else ''. */
  readonly name: string;
}

/** A call to etcd that a replica waits for: it is carried out some time after it was sent, and answered later still. */
export interface Request {
  readonly kind: 'join' | 'check' | 'leave';
  readonly id: string;
  /** By the replica's clock. */
  readonly sentAt: number;
  /** Undefined: etcd has not carried it out; else whether a check found all that it must. */
  readonly found: boolean | undefined;
}

export interface Node {
  readonly isAlive: boolean;
  readonly state: ReplicaState;
  /** Its clock, in ticks. */
  readonly now: number;
  /** Ticks until its clock may lose one again. */
  readonly steady: number;
  readonly request: Request | undefined;
  /** The ids of leases that it gave up before etcd said that their keys were made. */
  readonly givenUp: readonly string[];
}

export interface World {
  /** etcd's history: revision 1 is the first entry. */
  readonly log: readonly Entry[];
  /** Revisions up to here cannot be watched any more. */
  readonly compacted: number;
  /** How often etcd was put back to an earlier state. */
  readonly history: number;
  /** The revision that it was put back to last. */
  readonly restoredAt: number;
  /** The timeline that etcd's key names: a replica that notices `history` puts that name. */
  readonly timeline: string;
  /** Ticks until a stopped etcd may be started from a snapshot; undefined: etcd is up. */
  readonly down: number | undefined;
  readonly nodes: readonly Node[];
  /** Reports of processes that are gone, still on their way to any replica. */
  readonly late: readonly Report[];
  /** The ids of keys that etcd may still make, although their replicas wait for that no more. */
  readonly lateKeys: readonly string[];
  /** Pairs of replicas that cannot reach each other, as `pairOf` numbers them. */
  readonly cut: readonly number[];
  /** The newest position that a client knows of: see `positionOf`. */
  readonly floor: number;
  readonly spent: Spent;
}

/** What has happened of what a scope bounds. */
export interface Spent {
  readonly writes: number;
  readonly expiries: number;
  readonly joins: number;
  readonly crashes: number;
  readonly cuts: number;
  readonly syncs: number;
  readonly compactions: number;
  readonly restores: number;
  readonly lateKeys: number;
}

/** How much may happen in an exploration. */
export interface Scope extends Spent {
  readonly replicas: number;
  /** May clocks lose ticks, one in `wait` ticks at most? */
  readonly slowClocks: boolean;
  /** Ticks that a lease is trusted after its check was sent. */
  readonly duration: number;
  /** Ticks that a notice must be old before a replica deletes the reader's key. */
  readonly wait: number;
}

export const userKeys = ['a', 'b'] as const;

const perHistory = 1000;

/** Orders revisions across restores of etcd. */
export function positionOf(history: number, revision: number): number {
  return history * perHistory + revision;
}

export function splitPosition(position: number): { readonly history: number; readonly revision: number } {
  return { history: Math.floor(position / perHistory), revision: position % perHistory };
}

export function pairOf(a: number, b: number): number {
  return Math.min(a, b) * 8 + Math.max(a, b);
}

export function connected({ cut }: World, a: number, b: number): boolean {
  return !cut.includes(pairOf(a, b));
}

export function firstWorld({ replicas }: Scope): World {
  const state: ReplicaState = {
    ...{ timeline: '0', received: 0, shown: 0, base: 0, pending: PendingList.none, readers: [], own: undefined },
  };
  const node: Node = { isAlive: true, state, now: 0, steady: 0, request: undefined, givenUp: [] };
  const spent: Spent = {
    ...{ writes: 0, expiries: 0, joins: 0, crashes: 0, cuts: 0, syncs: 0, compactions: 0, restores: 0, lateKeys: 0 },
  };
  return {
    ...{ log: [], compacted: 0, history: 0, restoredAt: 0, timeline: '0', down: undefined },
    ...{ nodes: Array.from({ length: replicas }, () => node), late: [], lateKeys: [], cut: [], floor: 0, spent },
  };
}
