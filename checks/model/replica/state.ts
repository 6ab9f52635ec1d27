/**
 * What a replica knows that takes part in reads by lease (docs/adr/0290-reads-by-lease.md, whose rules the numbers R1 to
 * R14 name). Pure data: the functions beside this file take a state and an event and return the next state, without
 * clocks, sockets or etcd. The model runs them today; a service that reads by lease drives the same functions.
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

/** A received revision that changes users' keys and is not shown yet. */
export interface Pending {
  readonly revision: number;
  readonly keys: readonly string[];
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
  /** The newest revision that the index may show: all up to it are stable (R6). */
  readonly shown: number;
  /** The revision of the last full sync: the index shows nothing until that is stable (R10). */
  readonly base: number;
  /** Of the revisions behind `shown` and `base`, in order. */
  readonly pending: readonly Pending[];
  readonly readers: readonly Reader[];
  readonly own: OwnLease | undefined;
}

/** A revision as the watch brings it. */
export interface ReceivedRevision {
  readonly revision: number;
  /** Users' keys that it changes: sets, deletions, and what etcd removes by itself. */
  readonly keys: readonly string[];
  /** The id of the reader whose key it makes. */
  readonly joined?: string;
  /** The id of the reader whose key it deletes. */
  readonly left?: string;
  /** The id of the reader against whom it puts a notice, and the notice's name. */
  readonly noticed?: { readonly id: string; readonly name: string };
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
