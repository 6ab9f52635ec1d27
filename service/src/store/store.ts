/**
 * The store as the operations see it, the same whatever is behind it: an index that is read synchronously,
 * a barrier that makes such a read fresh, and a writer.
 */
import type { Problem } from '@kvstore/core/problem.ts';
import type { Fold } from './fold.ts';

export interface Pair {
  readonly key: string;
  /** JSON text, as it was sent but for white space between its tokens. */
  readonly value: string;
}

export interface Entry {
  readonly value: string;
  /** The store's revision that last wrote the key. */
  readonly version: number;
}

export interface VersionedPair extends Pair, Entry {}

/** Which write put a value: a revision of a timeline (see timeline.ts). */
export interface Version {
  readonly timeline: string;
  readonly revision: number;
}

/** The version that a write has put. */
export interface Written extends Version {
  /**
   * Set when another request's write replaced some of the values within the same revision, or when the request put none:
   * a number that no other request of the revision has. 0: the request changed nothing, and the revision is that of the
   * store. No key ever has such a version.
   */
  readonly overwritten?: number;
}

/** When a write may happen; else it is refused with Problem `precondition-failed` and nothing is written. */
export interface Condition {
  /** None of the keys exists. */
  readonly absent?: true;
  /** The one key has this version; 'any': it exists. */
  readonly version?: Version | 'any';
}

/** What a key must be when a transaction happens; 'never': the request asks for what no key can be. */
export type KeyCondition = 'absent' | 'exists' | 'never' | Version;

/** No key is both set and deleted, nor in either list twice. */
export interface TransactionParts {
  /** Of any keys, written or not. */
  readonly conditions: ReadonlyMap<string, KeyCondition>;
  readonly pairs: readonly Pair[];
  readonly deletes: readonly string[];
  /** Of the pairs: see SetOptions. */
  readonly ttl?: number | undefined;
}

export interface SetOptions {
  readonly condition?: Condition | undefined;
  /** Whole seconds after which the keys are gone; 1 to 10 years. */
  readonly ttl?: number | undefined;
}

export interface Deletion extends Written {
  /** Keys that were there. */
  readonly deleted: number;
}

export interface Incremented extends Written {
  /** What each key was brought to by this request. */
  readonly sums: ReadonlyMap<string, bigint>;
}

export interface Change {
  readonly key: string;
  /** Undefined: the key is gone. */
  readonly value: string | undefined;
  readonly revision: number;
  /** Unix milliseconds. */
  readonly expires?: number;
}

/** Everything one revision changed, in an order that is the same on every replica. */
export interface Revision {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** A watcher that throws is ended, with Problem `internal`. */
export interface Watcher {
  /** Told once, before anything else: history reaches back that far. */
  opened(): void;
  /** Asked before a revision is read that it catches up with; the promise of a watcher that cannot take more holds it back. */
  room?(): Promise<void> | undefined;
  /** As `room`, when it returns a promise. */
  revision(revision: Revision): Promise<void> | void;
  /** Nothing comes after it. */
  end(problem: Problem): void;
}

export interface Watch {
  /** The watcher has got everything up to this revision. */
  readonly position: number;
  close(): void;
}

/** Which keys: all given conditions hold together; an empty filter holds for every key. */
export interface KeyFilter {
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  /** Only keys that have this text anywhere in them: every key of the other conditions is looked at. */
  readonly contains?: string | undefined;
  /** Only keys that come behind this one, which need not exist: in reverse, those before it. */
  readonly after?: string | undefined;
  /** True: from the last key to the first. */
  readonly reverse?: boolean | undefined;
}

/** What a read looks at: one key, several, or those that a filter holds for. */
export type ReadKeys = string | readonly string[] | KeyFilter;

export interface SearchFilter extends KeyFilter {
  /**
   * Keys are folded into items (fold.ts), each of which comes once. `after` goes on behind the item, not within it, in both
   * directions: behind `a/` and behind `a/b`, nothing more of `a/` comes.
   */
  readonly fold?: Fold | undefined;
}

/** How far a walk is in its turn. Walks that are one for others, such as those along several ranges, share one. */
export interface Turn {
  /** Keys that were looked at since others had theirs. */
  looked: number;
}

/** A synchronous view of the pairs, in the order of the keys' UTF-8 bytes, or in reverse. */
export interface Reader {
  get(key: string): Entry | undefined;
  /** Keys that hold; what was read in one turn of the event loop is one state of the store. */
  keys(filter: KeyFilter): Iterable<string>;
  /**
   * As `keys`, folded if the filter asks for it, with undefined among them whenever 1000 keys were looked at, so that others
   * can have their turn. Keys below a folded prefix are skipped, not looked at.
   */
  search(filter: SearchFilter, turn?: Turn): Iterable<string | undefined>;
  pairs(filter: KeyFilter): Iterable<VersionedPair>;
  /** Unix milliseconds from which on the key is gone; undefined: it stays. */
  expires(key: string): number | undefined;
  /**
   * Unix milliseconds of the latest deadline that has passed while its key was not removed yet; undefined: there is none.
   * With the revision it says exactly which pairs are in view. Of a view that is limited to prefixes (LimitedReader) it is a
   * number that is good for that alone, and no time.
   */
  lastExpired(): number | undefined;
  /** The revision of the newest write in view; 0 for a store without any write. */
  revision(): number;
}

/** A view that stays as it is for as long as it is open. Close it: it holds disk pages back from being used again. */
export interface Snapshot extends Reader {
  /** How many keys there are, known without a look at them; undefined: some have expired that are not removed yet. */
  count?(): number | undefined;
  /** Bytes that the data file has grown by since the snapshot was taken. */
  growth?(): number;
  close(): void;
}

/** Notified of changes early enough never to take what it has read for newer than it is. */
export interface ChangeListener {
  /** A transaction begins; reads may show it before it is settled. */
  begun(): void;
  /** It changes this key. */
  touched(key: string): void;
  /** It is over: if it was committed, every read from now on shows it. */
  settled(): void;
  /** Everything may be other than it was: what was read is not to be used any more. */
  replaced(): void;
  /** The index has another timeline from now on: no version that was read before holds. */
  timelineChanged(): void;
}

export interface Store extends Reader {
  /**
   * The keys that begin or end with a text, in order, read at one go. Undefined: it would take looking at more than
   * `most` keys.
   */
  searchBounded(by: 'prefix' | 'suffix', text: string, most: number): string[] | undefined;
  /** For caches of what was read. A store that cannot tell is read each time. */
  listen?(listener: ChangeListener): void;
  /**
   * Waits until a read of these keys shows every write of them that was acknowledged anywhere before the call; without
   * keys, of all. Undefined: it does already. Rejects with a Problem (`unavailable`) when that cannot be had in time.
   */
  barrier(keys?: ReadKeys): Promise<void> | undefined;
  /**
   * Whether the index is one state of the store. False while it is put together anew, or holds what others may not see yet:
   * then what an earlier `barrier` said of it holds no longer.
   */
  isWhole(): boolean;
  /**
   * Writes pairs in their order, all or none; resolves with their version once they are durable.
   * Rejects with a Problem: `precondition-failed`, `storage-full`, `too-many-pairs`, `body-too-large`, `overloaded`,
   * `unavailable` (nothing was written), or `outcome-unknown`.
   */
  set(pairs: readonly Pair[], options?: SetOptions): Promise<Written>;
  /** Removes keys, all or none; one that is not there is no fault. Rejects as `set` does. */
  delete(keys: readonly string[], condition?: Condition): Promise<Deletion>;
  /**
   * Sets and deletes at one revision, all or nothing. Without anything to write it checks its conditions, and changes
   * nothing. Rejects as `set` does, and with ConditionsFailed when conditions do not hold.
   */
  transact(transaction: TransactionParts): Promise<Deletion>;
  /**
   * Adds each amount to the integer that the key holds, 0 for a key that is not there; all or none, at one revision. A
   * key keeps its deadline. Rejects as `set` does without a condition, and with Problem `not-an-integer` (what a key
   * holds) or `integer-overflow` (a sum beyond 64 bits).
   */
  increment(amounts: ReadonlyMap<string, bigint>): Promise<Incremented>;
  /**
   * Sends every revision behind `after` (0 for all there ever were), in order, none missed or sent twice, first from
   * history and then as they happen. Ends with Problem `other-timeline` when `after` belongs to another timeline than the
   * given one (default: today's), `history-gone` when history does not reach back that far, or `unavailable` when the
   * watch must begin anew.
   */
  watch(after: number, on: Watcher, timeline?: string): Watch;
  /** The name of the timeline that the versions in view belong to. */
  timeline(): string;
  snapshot(): Snapshot;
  /**
   * Milliseconds since the index was known to show everything: what a read that does not wait may have missed.
   * Undefined: nothing, ever.
   */
  age?(): number | undefined;
  /** Undefined when requests can be served, else why not: never because of what all replicas depend on. */
  notReady(): string | undefined;
  /** Ends with every accepted write done or rejected, and the data directory free for the next process. */
  close(): Promise<void>;
}
