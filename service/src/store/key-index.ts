/**
 * The index: every pair by key and every key by its reversed text, in one LMDB environment.
 * Off the JavaScript heap, ordered, and readable while it is written to (readers see the last commit).
 */
import { mkdirSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import { checkDataFile } from './data-file.ts';
import { Deadlines } from './deadlines.ts';
import { compareKeys, reverseKey } from './key.ts';
import { keyCodec, reversedCodec } from './key-codec.ts';
import { type Expired, found, isLongerThanKeys, KeySearch, startOf } from './key-search.ts';
import { reserveReaderTable } from './reader-table.ts';
import { latest, type Reads, SnapshotReads } from './snapshot-reads.ts';
import type { ChangeListener, Entry, KeyFilter, Reader, Snapshot, VersionedPair } from './store.ts';
import { newTimeline } from './timeline.ts';

/** Rises when the files' layout changes; a directory of another version is refused. */
const formatVersion = 1;

/** Snapshots and reads that can be open at once (slots in LMDB's lock file). */
const maxReaders = 2048;

/** Writes inside a transaction; they and their effects are seen by everyone at once, or never. */
export interface IndexWriter {
  get(key: string): Entry | undefined;
  /** Is the key's time over, and the key still there? */
  hasExpired(key: string): boolean;
  /** `expires`: Unix milliseconds from which on no read shows the key; undefined: it stays. */
  put(key: string, value: string, revision: number, expires?: number): void;
  remove(key: string): void;
  setRevision(revision: number): void;
  setMeta(name: string, value: string): void;
  /** Keeps the timeline's name for the next process; reads carry it after KeyIndex.enterTimeline. */
  setTimeline(name: string): void;
}

export interface IndexOptions {
  readonly directory: string;
  /** True: a transaction ends when it is on the disk, and is seen only then. False: for a copy that can be made anew. */
  readonly durable: boolean;
  /** Unix milliseconds, which decide what has expired. Default Date.now. */
  readonly wall?: () => number;
}

export class KeyIndex implements Reader {
  readonly #root: RootDatabase;
  readonly #forward: Database<string, string>;
  readonly #reversed: Database<Buffer, string>;
  readonly #meta: Database<string, string>;
  readonly #deadlines: Deadlines;
  readonly #keys: KeySearch;
  readonly #wall: () => number;
  #timeline: string;
  readonly #snapshots = new Set<Snapshot>();
  readonly #listeners: ChangeListener[] = [];

  /** Throws when the directory cannot be used: not writable, of another version, not LMDB's, damaged. */
  constructor({ directory, durable, wall = Date.now }: IndexOptions) {
    this.#wall = wall;
    mkdirSync(directory, { recursive: true });
    checkDataFile(directory);
    reserveReaderTable(directory, maxReaders);
    this.#root = open({
      path: directory,
      noSubdir: false,
      maxDbs: 8,
      maxReaders,
      noSync: !durable,
      // A commit is seen only once it is on the disk: a reader never learns of a write that a power cut can undo.
      overlappingSync: false,
      // Writes come in transactions already. lmdb's own batching adds a promise that nobody can reach, and when a commit
      // fails (a full disk) its rejection ends the process.
      eventTurnBatching: false,
    });
    this.#meta = this.#root.openDB('meta', { encoding: 'string' });
    const format = this.#meta.get('format');
    if (format !== undefined && format !== String(formatVersion)) {
      void this.#root.close();
      throw new Error(`${directory} has format ${format}; this version reads format ${formatVersion}`);
    }
    const [keys, reversed] = [{ keyEncoder: keyCodec } as object, { keyEncoder: reversedCodec } as object];
    this.#forward = this.#root.openDB('forward', { encoding: 'string', useVersions: true, ...keys });
    this.#reversed = this.#root.openDB('reversed', { encoding: 'binary', ...reversed });
    this.#keys = new KeySearch(this.#forward, this.#reversed);
    this.#deadlines = new Deadlines(this.#root);
    if (format === undefined) this.#meta.putSync('format', String(formatVersion));
    this.#timeline = this.#meta.get('timeline') ?? newTimeline();
  }

  get(key: string): Entry | undefined {
    const { earliest } = this.#deadlines;
    if (earliest !== never && this.#isDue(key, this.#wall())) return undefined;
    return this.#forward.getEntry(key) as Entry | undefined;
  }

  /** See Reader.expires. */
  expires(key: string): number | undefined {
    return this.#deadlines.earliest === never ? undefined : this.#deadlines.of(key);
  }

  /** See Reader.lastExpired. */
  lastExpired(): number | undefined {
    return this.#lastExpired(latest, this.#wall());
  }

  /** The timeline of the versions in view: as it was kept (IndexWriter.setTimeline), or one that nothing else has. */
  get timeline(): string {
    return this.#timeline;
  }

  /** What is read from now on has versions of this timeline. */
  enterTimeline(name: string): void {
    this.#timeline = name;
    for (const listener of this.#listeners) listener.timelineChanged();
  }

  /** The version of a key that has expired and was not removed yet. */
  expiredVersion(key: string): number | undefined {
    if (this.#deadlines.earliest === never || !this.#isDue(key, this.#wall())) return undefined;
    return (this.#forward.getEntry(key) as Entry | undefined)?.version;
  }

  /** Unix milliseconds before which nothing expires. */
  get nextDeadline(): number {
    return this.#deadlines.earliest;
  }

  /** At most so many keys that have expired and were not removed yet. */
  due(limit: number): string[] {
    const now = this.#wall();
    return now < this.#deadlines.earliest ? [] : this.#deadlines.due(now, limit);
  }

  revision(): number {
    return Number(this.#meta.get('revision') ?? 0);
  }

  meta(name: string): string | undefined {
    return this.#meta.get(name);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return found(this.#keys.search(filter, latest, this.#expired(latest)));
  }

  /** See Reader.search. */
  search(filter: KeyFilter): Iterable<string | undefined> {
    return this.#keys.search(filter, latest, this.#expired(latest));
  }

  /** See Store.few. */
  few(by: 'prefix' | 'suffix', text: string, most: number): string[] | undefined {
    return this.#keys.few(by, text, most, this.#expired(latest));
  }

  /** Also those that have expired and were not removed yet; `after`: only keys behind this one. */
  everyKey(after: string | undefined): Iterable<string> {
    return found(this.#keys.search({ after }, latest, undefined));
  }

  pairs(filter: KeyFilter): Iterable<VersionedPair> {
    return this.#pairs(filter, latest, this.#expired(latest));
  }

  /** How many keys there are, those included that have expired and were not removed yet. */
  size(): number {
    return (this.#forward.getStats() as { entryCount: number }).entryCount;
  }

  /** Bytes of disk in use: pages that were ever written, those free for the next write included. */
  bytes(): number {
    const stats = this.#root.getStats() as { pageSize: number; lastPageNumber: number };
    return stats.pageSize * (stats.lastPageNumber + 1);
  }

  snapshot(): Snapshot {
    const transaction = this.#forward.useReadTransaction();
    const read = new SnapshotReads(transaction);
    // What is due when it is taken: what expires while it is read was there.
    const now = this.#wall();
    const expired = this.#expired(read, now);
    const snapshot: Snapshot = {
      get: (key) => (expired?.(key) ? undefined : (this.#forward.getEntry(key, read.options()) as Entry | undefined)),
      expires: (key) => this.#deadlines.of(key, read.options()),
      lastExpired: () => this.#lastExpired(read, now),
      revision: () => Number(this.#meta.get('revision', read.options()) ?? 0),
      keys: (filter) => found(this.#keys.search(filter, read, expired)),
      search: (filter) => this.#keys.search(filter, read, expired),
      pairs: (filter) => this.#pairs(filter, read, expired),
      close: () => {
        if (this.#snapshots.delete(snapshot)) read.close();
      },
    };
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  /**
   * Runs `action` in a write transaction and commits it; nothing of it stays when `action` or the commit fails.
   * Resolves with what `action` returned, once it is on the disk (if durable) and every later read sees it.
   */
  async transact<T>(action: (writer: IndexWriter) => T): Promise<T> {
    this.#begin();
    // A plain transaction shares its fate with others, and keeps what an action did before it threw.
    try {
      return await this.#root.childTransaction(() => action(this.#writer)).catch(commitFailed);
    } finally {
      this.#settle();
    }
  }

  /** As `transact`, but done when it returns: for an index that is not durable, where a commit waits for no disk. */
  transactNow<T>(action: (writer: IndexWriter) => T): T {
    this.#begin();
    try {
      return this.#root.transactionSync(() => action(this.#writer));
    } finally {
      this.#settle();
    }
  }

  #begin(): void {
    for (const listener of this.#listeners) listener.begun();
  }

  #settle(): void {
    // A read of this turn of the event loop may have pinned the state before the commit.
    this.#root.resetReadTxn();
    if (this.#deadlines.earliest !== never) this.#deadlines.refresh();
    for (const listener of this.#listeners) listener.settled();
  }

  /** Tells of every transaction from now on. */
  listen(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** Closes the snapshots that are still open: reading from them throws from then on. */
  async close(): Promise<void> {
    for (const snapshot of this.#snapshots) snapshot.close();
    await this.#root.close();
  }

  readonly #writer: IndexWriter = {
    get: (key) => this.get(key),
    hasExpired: (key) => this.expiredVersion(key) !== undefined,
    put: (key, value, revision, expires) => {
      // A key that is there has its place in the other table: to write it again would make more pages go to the disk.
      if (!this.#forward.doesExist(key)) void this.#reversed.put(reverseKey(key), empty);
      void this.#forward.put(key, value, revision);
      this.#deadlines.set(key, expires);
      for (const listener of this.#listeners) listener.touched(key);
    },
    remove: (key) => {
      void this.#forward.remove(key);
      void this.#reversed.remove(reverseKey(key));
      this.#deadlines.set(key, undefined);
      for (const listener of this.#listeners) listener.touched(key);
    },
    setRevision: (revision) => void this.#meta.put('revision', String(revision)),
    setMeta: (name, value) => void this.#meta.put(name, value),
    setTimeline: (name) => void this.#meta.put('timeline', name),
  };

  #isDue(key: string, now: number, options?: ReturnType<Reads['options']>): boolean {
    if (now < this.#deadlines.earliest && options === undefined) return false;
    const deadline = this.#deadlines.of(key, options);
    return deadline !== undefined && deadline <= now;
  }

  /** Which keys have expired by now; undefined: none. */
  #expired(read: Reads, now?: number): Expired | undefined {
    if (this.#deadlines.earliest === never) return undefined;
    now ??= this.#wall();
    return now < this.#deadlines.earliest ? undefined : (key) => this.#isDue(key, now, read.options());
  }

  #lastExpired(read: Reads, now: number): number | undefined {
    return now < this.#deadlines.earliest ? undefined : this.#deadlines.latestUntil(now, read.options());
  }

  *#pairs(
    { prefix = '', suffix = '', after }: KeyFilter,
    read: Reads,
    expired: Expired | undefined,
  ): Iterable<VersionedPair> {
    if (isLongerThanKeys(prefix)) return;
    if (suffix === '') {
      const range = this.#forward.getRange({ start: startOf(prefix, after), versions: true, ...read.options() });
      for (const pair of read.walk(range as Iterable<VersionedPair>)) {
        if (after !== undefined && compareKeys(pair.key, after) <= 0) continue;
        if (!pair.key.startsWith(prefix)) return;
        if (!expired?.(pair.key)) yield pair;
      }
      return;
    }
    for (const key of found(this.#keys.search({ prefix, suffix, after }, read, expired))) {
      const entry = this.#forward.getEntry(key, read.options()) as Entry | undefined;
      if (entry !== undefined) yield { key, value: entry.value, version: entry.version };
    }
  }
}

/**
 * lmdb rejects a failed commit with an error that only holds a promise of the cause, rejected within the same turn:
 * nobody who handles it would end the process.
 */
async function commitFailed(error: Error & { commitError?: Promise<never> }): Promise<never> {
  if (error.commitError !== undefined) await error.commitError;
  throw error;
}

const never = Number.POSITIVE_INFINITY;

const empty = Buffer.alloc(0);
