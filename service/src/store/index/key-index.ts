/**
 * The index: every pair by key and every key by its reversed text, in one LMDB environment.
 * Off the JavaScript heap, ordered, and readable while it is written to (readers see the last commit).
 */
import { rmSync } from 'node:fs';
import { kinds, seal } from '@kvstore/core/data-folder/seal.ts';
import { reverseKey } from '@kvstore/core/key.ts';
import { type DamagedPart, damageOf, damageProblem, type OnDamage } from '../damage/damage.ts';
import type {
  ChangeListener,
  Entry,
  KeyFilter,
  Reader,
  SearchFilter,
  Snapshot,
  Turn,
  VersionedPair,
} from '../store.ts';
import { newTimeline } from '../timeline.ts';
import { never } from './deadlines.ts';
import type { IndexWriter } from './index-writer.ts';
import { type Expired, found } from './key-search.ts';
import { type OpenIndex, type OpenOptions, openIndex } from './open-index.ts';
import { PairReads } from './pair-reads.ts';
import { latest, type Reads, SnapshotReads } from './snapshot-reads.ts';

export interface IndexOptions extends OpenOptions {
  /** Unix milliseconds, which decide what has expired. Default Date.now. */
  readonly wall?: () => number;
  /** Called for all damage that reads meet, before they throw Problem `data-corrupted`. */
  readonly onDamage?: OnDamage | undefined;
}

export class KeyIndex implements Reader {
  readonly #options: IndexOptions;
  #db: OpenIndex;
  #reads: PairReads;
  readonly #wall: () => number;
  #timeline: string;
  #fault: string | undefined;
  readonly #snapshots = new Set<Snapshot>();
  readonly #listeners: ChangeListener[] = [];
  /** Transactions of `transact` under way. */
  readonly #running = new Set<Promise<unknown>>();
  /** Number of transactions under way, that of `transactNow` included. */
  #underWay = 0;
  /** The revision of the file, kept until a transaction begins (ADR 0314); undefined: the next call reads it. */
  #revision: number | undefined;

  /** Throws when the directory cannot be used: not writable, of another version, not LMDB's, damaged (DamagedData). */
  constructor(options: IndexOptions) {
    this.#options = options;
    this.#wall = options.wall ?? Date.now;
    this.#db = openIndex(options, this.#damaged);
    this.#reads = this.#readsOf(this.#db);
    this.#timeline = this.#db.meta.get('timeline') ?? newTimeline();
  }

  readonly #damaged = (part: DamagedPart, key?: string, cause?: unknown) => {
    const problem = damageProblem(part, key, cause);
    return this.#options.onDamage?.(part, key, problem.message) ?? problem;
  };

  #readsOf(db: OpenIndex): PairReads {
    const checkTrust = () => this.#checkTrust();
    return new PairReads({ db, damaged: this.#damaged, wall: this.#wall, checkTrust });
  }

  /** Throws Problem `data-corrupted` when what is on the disk is not what was written. */
  get(key: string): Entry | undefined {
    const { earliest } = this.#db.deadlines;
    const now = earliest === never ? 0 : this.#wall();
    return this.#reads.get(key, now < earliest ? undefined : now, undefined);
  }

  /** See Reader.expires. */
  expires(key: string): number | undefined {
    return this.#db.deadlines.earliest === never ? undefined : this.#reads.expires(key, latest);
  }

  /** See Reader.lastExpired. */
  lastExpired(): number | undefined {
    // Every read asks, and most stores have no deadlines.
    return this.#db.deadlines.earliest === never ? undefined : this.#reads.lastExpired(latest, this.#wall());
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
    if (this.#db.deadlines.earliest === never || !this.#reads.isDue(key, this.#wall())) return undefined;
    return this.#reads.get(key, undefined, undefined)?.version;
  }

  /** Unix milliseconds before which nothing expires. */
  get nextDeadline(): number {
    return this.#db.deadlines.earliest;
  }

  /** At most so many keys that have expired and were not removed yet. */
  due(limit: number): string[] {
    const now = this.#wall();
    return now < this.#db.deadlines.earliest ? [] : this.#db.deadlines.due(now, limit);
  }

  revision(): number {
    // A transaction under way may commit at any moment.
    if (this.#underWay > 0) return this.#db.meta.revision();
    this.#revision ??= this.#db.meta.revision();
    return this.#revision;
  }

  /** As `revision`, read anew: also what another process has written to the file. */
  storedRevision(): number {
    this.#revision = undefined;
    return this.revision();
  }

  meta(name: string): string | undefined {
    return this.#db.meta.get(name);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return found(this.#search(filter, latest, this.#reads.expired(latest)));
  }

  /** See Reader.search. */
  search(filter: SearchFilter, turn?: Turn): Iterable<string | undefined> {
    return this.#search(filter, latest, this.#reads.expired(latest), turn);
  }

  #search(filter: SearchFilter, read: Reads, expired: Expired | undefined, turn?: Turn): Iterable<string | undefined> {
    this.#checkTrust();
    return this.#db.keys.search(filter, read, expired, turn);
  }

  /** What is known to be wrong with the structure of the file; undefined: nothing. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /**
   * Of a damaged file a walk may miss keys: until there is no fault any more walks throw Problem `data-corrupted`. Single
   * keys are read as before, since each read checks both tables.
   */
  set fault(fault: string | undefined) {
    // What was read before may be short of keys.
    if (this.#fault === undefined && fault !== undefined) for (const listener of this.#listeners) listener.replaced();
    this.#fault = fault;
  }

  #checkTrust(): void {
    if (this.#fault !== undefined) throw this.#damaged('page');
  }

  /** See Store.searchBounded. */
  searchBounded(by: 'prefix' | 'suffix', text: string, most: number): string[] | undefined {
    this.#checkTrust();
    return this.#db.keys.searchBounded(by, text, most, this.#reads.expired(latest));
  }

  /** Also those that have expired and were not removed yet; `after`: only keys behind this one. */
  everyKey(after: string | undefined): Iterable<string> {
    return found(this.#db.keys.search({ after }, latest, undefined));
  }

  pairs(filter: KeyFilter): Iterable<VersionedPair> {
    return this.#reads.pairs(filter, latest, this.#reads.expired(latest));
  }

  /** How many keys there are, those included that have expired and were not removed yet. */
  size(): number {
    return (this.#db.forward.getStats() as { entryCount: number }).entryCount;
  }

  /** See Snapshot.count. */
  #count(read: Reads, now: number): number | undefined {
    this.#checkTrust();
    return this.#reads.lastExpired(read, now) === undefined ? this.#db.meta.count(read.options()) : undefined;
  }

  /** Bytes of disk in use: pages that were ever written, those free for the next write included. */
  bytes(): number {
    const stats = this.#db.root.getStats() as { pageSize: number; lastPageNumber: number };
    return stats.pageSize * (stats.lastPageNumber + 1);
  }

  snapshot(): Snapshot {
    const transaction = this.#db.forward.useReadTransaction();
    const read = new SnapshotReads(transaction);
    // What is due when it is taken: what expires while it is read was there.
    const now = this.#wall();
    const expired = this.#reads.expired(read, now);
    const over = expired === undefined ? undefined : now;
    const bytes = this.bytes();
    const snapshot: Snapshot = {
      // An answer that is being cut may be looked at after the index is closed.
      growth: () => (this.#snapshots.has(snapshot) ? this.bytes() - bytes : 0),
      get: (key) => this.#reads.get(key, over, read.options()),
      expires: (key) => this.#reads.expires(key, read),
      lastExpired: () => this.#reads.lastExpired(read, now),
      revision: () => this.#db.meta.revision(read.options()),
      keys: (filter) => found(this.#search(filter, read, expired)),
      search: (filter, turn) => this.#search(filter, read, expired, turn),
      pairs: (filter) => this.#reads.pairs(filter, read, expired),
      count: () => this.#count(read, now),
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
      const running = this.#db.root.childTransaction(() => this.#act(action)).catch(commitFailed);
      this.#running.add(running);
      try {
        return await running;
      } finally {
        this.#running.delete(running);
      }
    } catch (error) {
      throw damageOf(error, this.#damaged);
    } finally {
      this.#settle();
    }
  }

  /**
   * Throws all away and begins with an empty index in files of its own; what is left of the old ones may be damaged, or
   * gone. Snapshots are closed. Throws as the constructor does.
   */
  async startOver(): Promise<void> {
    await Promise.allSettled(this.#running);
    for (const snapshot of this.#snapshots) snapshot.close();
    const { root } = this.#db;
    rmSync(this.#options.directory, { recursive: true, force: true });
    // The old files have no name any more: lmdb distinguishes the two by their inodes.
    this.#db = openIndex(this.#options, this.#damaged);
    this.#reads = this.#readsOf(this.#db);
    this.#revision = undefined;
    for (const listener of this.#listeners) listener.replaced();
    await root.close();
  }

  /** As `transact`, but done when it returns: for an index that is not durable, where a commit waits for no disk. */
  transactNow<T>(action: (writer: IndexWriter) => T): T {
    this.#begin();
    try {
      return this.#db.root.transactionSync(() => this.#act(action));
    } catch (error) {
      throw damageOf(error, this.#damaged);
    } finally {
      this.#settle();
    }
  }

  #act<T>(action: (writer: IndexWriter) => T): T {
    try {
      this.#db.meta.begun();
      const result = action(this.#writer);
      this.#db.meta.setCount();
      return result;
    } catch (error) {
      throw damageOf(error, this.#damaged);
    }
  }

  #begin(): void {
    this.#underWay++;
    this.#revision = undefined;
    this.#reads.forget();
    for (const listener of this.#listeners) listener.begun();
  }

  #settle(): void {
    this.#reads.forget();
    // A read of this turn of the event loop may have pinned the state before the commit.
    this.#db.root.resetReadTxn();
    this.#underWay--;
    if (this.#db.deadlines.earliest !== never) this.#db.deadlines.refresh();
    for (const listener of this.#listeners) listener.settled();
  }

  /** Notifies the listener of every transaction from now on. */
  listen(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** Closes the snapshots that are still open: reading from them throws from then on. */
  async close(): Promise<void> {
    for (const snapshot of this.#snapshots) snapshot.close();
    await this.#db.root.close();
  }

  readonly #writer: IndexWriter = {
    get: (key) => this.get(key),
    has: (key) => this.#db.forward.doesExist(key) && !this.#isOver(key),
    hasExpired: (key) => this.#db.forward.doesExist(key) && this.#isOver(key),
    expires: (key) => this.expires(key),
    put: (key, value, revision, expires) => {
      this.#reads.forget();
      // A key that is there has its place in the other table: to write it again would make more pages go to the disk.
      if (!this.#db.forward.doesExist(key)) {
        void this.#db.reversed.put(reverseKey(key), empty);
        this.#db.meta.added(1);
      }
      const kind = expires === undefined ? kinds.pair : kinds.passingPair;
      void this.#db.forward.put(key, seal(kind, key, value, revision), revision);
      this.#db.deadlines.set(key, expires);
      for (const listener of this.#listeners) listener.touched(key);
    },
    remove: (key) => {
      if (this.#db.forward.doesExist(key)) this.#db.meta.added(-1);
      void this.#db.forward.remove(key);
      void this.#db.reversed.remove(reverseKey(key));
      this.#db.deadlines.set(key, undefined);
      for (const listener of this.#listeners) listener.touched(key);
    },
    setRevision: (revision) => this.#db.meta.set('revision', String(revision)),
    setMeta: (name, value) => this.#db.meta.set(name, value),
    setTimeline: (name) => this.#db.meta.set('timeline', name),
  };

  /** Has it expired? A damaged deadline counts as over for what removes the key: nothing else would. */
  #isOver(key: string): boolean {
    try {
      return this.#db.deadlines.earliest !== never && this.#reads.isDue(key, this.#wall());
    } catch {
      return true;
    }
  }
}

/**
 * lmdb rejects a failed commit with an error that only holds a promise of the cause, rejected within the same turn:
 * without a handler it would end the process.
 */
async function commitFailed(error: Error & { commitError?: Promise<never> }): Promise<never> {
  if (error.commitError !== undefined) await error.commitError;
  throw error;
}

const empty = Buffer.alloc(0);
