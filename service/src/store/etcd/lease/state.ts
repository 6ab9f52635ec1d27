/**
 * What a replica knows that takes part in reads by lease (docs/adr/0290-reads-by-lease.md, whose rules the numbers R1 to
 * R14 name). The functions beside this file take a state and an event and return the next state, without clocks, sockets
 * or etcd. The service (../readers) and the model (checks/model) run the same functions.
 *
 * Revisions are etcd's. Times are milliseconds (in the model: ticks) of the replica's own clock.
 */

/** A notice against a reader. */
export interface Notice {
  /** Random: no other notice has it, in this history of etcd or another one. */
  readonly name: string;
  /** When this replica learned of it. */
  readonly since: number;
}

/** A reader's key that is in etcd, as far as the replica has received (R1). */
export interface Reader {
  readonly id: string;
  /** The revision that made the key: the reader has received everything before it when it first trusts its lease. */
  readonly since: number;
  /** The newest revision that it has reported (R4); 0: it has reported none. */
  readonly reported: number;
  /** The notice against it (R13); undefined: there is none. */
  readonly notice: Notice | undefined;
}

/** What a read looks at: one key, several, or those that hold. */
export type Reads = string | readonly string[] | ((key: string) => boolean);

/** The received revisions that change users' keys and are not shown yet. */
export interface PendingRevisions {
  /** A revision that is newer than all before it. The result takes the place of this one, which may be changed by it. */
  with(revision: number, keys: readonly string[]): PendingRevisions;
  /** Those behind the revision. As `with`. */
  behind(revision: number): PendingRevisions;
  /** The newest one that changes what is read; 0: none does. It may be a newer one that changes other keys. */
  newest(reads: Reads): number;
  /** In order. */
  revisions(): readonly number[];
}

/** The key that this replica wrote itself. */
export interface OwnLease {
  readonly id: string;
  /** From here on the lease is over by the replica's own clock (R2). */
  readonly until: number;
  /** It reads by this lease no more, whatever comes (R12). */
  readonly isLeaving: boolean;
}

export interface ReplicaState {
  /** The name of the history that every revision here belongs to (R11). */
  readonly timeline: string;
  /** The newest revision that the watch, or a full sync, has brought. */
  readonly received: number;
  /** The newest revision that the index shows: all up to it are stable (R6). */
  readonly shown: number;
  /** The revision of the last full sync: the index shows nothing until that is stable (R10). */
  readonly base: number;
  /** Of the revisions behind `shown` and `base`. */
  readonly pending: PendingRevisions;
  readonly readers: readonly Reader[];
  readonly own: OwnLease | undefined;
}

/** A revision as the watch brings it. */
export interface ReceivedRevision {
  readonly revision: number;
  /** Users' keys that it changes: sets, deletions, and what etcd removes by itself. */
  readonly keys: readonly string[];
  /** What it changes of the readers' keys and the notices. */
  readonly readers?: ReaderChanges;
}

export interface ReaderChanges {
  /** The ids of the readers whose keys it makes. */
  readonly joined: readonly string[];
  /** The ids of the readers whose keys it deletes. */
  readonly left: readonly string[];
  /** The ids of the readers against whom it puts notices, and the notices' names. */
  readonly noticed: readonly { readonly id: string; readonly name: string }[];
}

/** What a reader sends to every replica that is connected to it. */
export interface Report {
  readonly id: string;
  readonly timeline: string;
  readonly received: number;
}

export interface ListedReader {
  readonly id: string;
  /** The revision that made its key. */
  readonly since: number;
  /** The name of the notice against it. */
  readonly notice: string | undefined;
}

/** The readers' keys and the notices at one revision. */
export interface ReaderList {
  readonly timeline: string;
  readonly revision: number;
  readonly readers: readonly ListedReader[];
}
