/**
 * The store as http/ sees it, the same whatever is behind it: an index that is read synchronously,
 * a barrier that makes such a read fresh, and a writer.
 */

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

/** Which keys: all given conditions hold together; an empty filter holds for every key. */
export interface KeyFilter {
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  /** Only keys that come behind this one. */
  readonly after?: string | undefined;
}

/** A synchronous view of the pairs, in the order of the keys' UTF-8 bytes. */
export interface Reader {
  get(key: string): Entry | undefined;
  /** Keys that hold; what was read in one turn of the event loop is one state of the store. */
  keys(filter: KeyFilter): Iterable<string>;
  pairs(filter: KeyFilter): Iterable<Pair>;
  /** The revision of the newest write in view; 0 for a store nobody wrote to. */
  revision(): number;
}

/** A view that stays as it is for as long as it is open. Close it: it holds disk pages back from being used again. */
export interface Snapshot extends Reader {
  close(): void;
}

export interface Store extends Reader {
  /**
   * Waits until a read of this store shows every write that was acknowledged anywhere before the call.
   * Undefined: it does already. Rejects with a Problem (`unavailable`) when that cannot be had in time.
   */
  barrier(): Promise<void> | undefined;
  /**
   * Writes pairs in their order, all or none; resolves with the revision once they are durable.
   * Rejects with a Problem: `storage-full`, `too-many-pairs`, `body-too-large`, `overloaded`, `unavailable` (nothing was
   * written), or `outcome-unknown`.
   */
  set(pairs: readonly Pair[]): Promise<number>;
  snapshot(): Snapshot;
  /** Undefined when requests can be served, else why not. */
  notReady(): string | undefined;
  /** Ends with every accepted write done or rejected, and the data directory free for the next process. */
  close(): Promise<void>;
}
