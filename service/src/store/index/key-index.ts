/**
 * The index: every pair by key and every key by its reversed text, in one LMDB environment.
 * Off the JavaScript heap, ordered, and readable while it is written to (readers see the last commit).
 */
import { rmSync } from 'node:fs';
import { damagedKey, keyCodec, reversedCodec } from '@kvstore/core/data-folder/key-codec.ts';
import { type Kind, kinds, seal } from '@kvstore/core/data-folder/seal.ts';
import { tables } from '@kvstore/core/data-folder/tables.ts';
import { compareKeys, reverseKey } from '@kvstore/core/key.ts';
import { makeFolder } from '@kvstore/core/make-folder.ts';
import { privateFolder } from '@kvstore/core/private-files.ts';
import { type Database, getLastVersion, open, type RootDatabase } from 'lmdb';
import { type Damaged, type DamagedPart, damageOf, damageProblem, type OnDamage } from '../damage/damage.ts';
import { checkDataFile } from '../files/data-file.ts';
import { checkMappable } from '../files/mappable.ts';
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
import { Deadlines } from './deadlines.ts';
import { isLongerThanKeys, startOf } from './key-range.ts';
import { type Expired, found, type KeyCount, KeySearch } from './key-search.ts';
import { Meta } from './meta.ts';
import { damagedValue, pairCodec } from './pair-codec.ts';
import { reserveReaderTable } from './reader-table.ts';
import { latest, type Reads, SnapshotReads } from './snapshot-reads.ts';
import { upgrade } from './upgrade.ts';

/** Snapshots and reads that can be open at once (slots in LMDB's lock file). */
const maxReaders = 2048;

/** Writes inside a transaction; they and their effects are seen by everyone at once, or never. */
export interface IndexWriter {
  /** Throws Problem `data-corrupted`. */
  get(key: string): Entry | undefined;
  /** As `get`, but never looks at the value: a damaged one can be removed. */
  has(key: string): boolean;
  /** Is the key's time over, and the key still there? */
  hasExpired(key: string): boolean;
  /** As Reader.expires. */
  expires(key: string): number | undefined;
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
  /** Called for all damage that reads meet, before they throw Problem `data-corrupted`. */
  readonly onDamage?: OnDamage | undefined;
}

/** An open environment of LMDB and what is in it. */
interface Opened {
  readonly root: RootDatabase;
  readonly forward: Database<string | Buffer, string>;
  readonly reversed: Database<Buffer, string>;
  readonly meta: Meta;
  readonly deadlines: Deadlines;
  readonly keys: KeySearch;
}

/** Throws when the format is not known, or a setting is damaged. */
function openTables(root: RootDatabase, directory: string, damaged: Damaged): Opened {
  const meta = new Meta(root, directory, damaged);
  if (meta.isOld) upgrade(root, meta);
  const [keys, ends, values] = [
    { keyEncoder: keyCodec } as object,
    { keyEncoder: reversedCodec } as object,
    { encoder: pairCodec } as object,
  ];
  const forward = root.openDB<string | Buffer, string>(tables.pairs, { useVersions: true, ...values, ...keys });
  const reversed = root.openDB<Buffer, string>(tables.reversed, { encoding: 'binary', ...ends });
  const count: KeyCount = (read) => meta.count(read.options());
  const search = new KeySearch({ forward, reversed, damaged, count });
  const deadlines = new Deadlines(root, damaged);
  meta.begin((forward.getStats() as { entryCount: number }).entryCount);
  return { root, forward, reversed, meta, deadlines, keys: search };
}

export class KeyIndex implements Reader {
  readonly #options: IndexOptions;
  #db: Opened;
  readonly #wall: () => number;
  #timeline: string;
  #fault: string | undefined;
  readonly #snapshots = new Set<Snapshot>();
  readonly #listeners: ChangeListener[] = [];
  /** Transactions under way. */
  readonly #running = new Set<Promise<unknown>>();
  /** The pair that a walk has read last. */
  readonly #last: { key: string; kind: Kind | undefined; read: Reads } = { key: '', kind: kinds.pair, read: latest };

  /** Throws when the directory cannot be used: not writable, of another version, not LMDB's, damaged (DamagedData). */
  constructor(options: IndexOptions) {
    this.#options = options;
    this.#wall = options.wall ?? Date.now;
    this.#db = this.#open();
    this.#timeline = this.#db.meta.get('timeline') ?? newTimeline();
  }

  #open(): Opened {
    const { directory, durable } = this.#options;
    makeFolder(directory, privateFolder);
    checkMappable(directory);
    checkDataFile(directory);
    reserveReaderTable(directory, maxReaders);
    const root = open({
      path: directory,
      noSubdir: false,
      maxDbs: 12,
      maxReaders,
      noSync: !durable,
      // A commit is seen only once it is on the disk: a reader never learns of a write that a power cut can undo.
      overlappingSync: false,
      // Writes come in transactions already. lmdb's own batching adds a promise out of our reach, and when a commit
      // fails (a full disk) its rejection ends the process.
      eventTurnBatching: false,
    });
    try {
      return openTables(root, directory, this.#damaged);
    } catch (error) {
      void root.close();
      throw error;
    }
  }

  readonly #damaged = (part: DamagedPart, key?: string, cause?: unknown) => {
    const problem = damageProblem(part, key, cause);
    return this.#options.onDamage?.(part, key, problem.message) ?? problem;
  };

  /** Throws Problem `data-corrupted` when what is on the disk is not what was written. */
  get(key: string): Entry | undefined {
    const { earliest } = this.#db.deadlines;
    const now = earliest === never ? 0 : this.#wall();
    return this.#get(key, now < earliest ? undefined : now, undefined);
  }

  /** `now`: a pair whose time is over by then is not there; undefined: nothing has expired. */
  #get(key: string, now: number | undefined, options: ReturnType<Reads['options']>): Entry | undefined {
    try {
      const value = this.#db.forward.get(key, options);
      if (value === undefined) {
        // Each key is in both tables: a damaged page can hide it in one of them.
        if (this.#db.reversed.doesExist(reverseKey(key), undefined as never, options as never)) {
          throw this.#damaged('place', key);
        }
        return undefined;
      }
      if (value === damagedValue) throw this.#damaged('value', key);
      const entry = { value: value as string, version: getLastVersion() };
      const isOver = now !== undefined && pairCodec.kind === kinds.passingPair && this.#deadlineOf(key, options) <= now;
      return isOver ? undefined : entry;
    } catch (error) {
      throw damageOf(error, this.#damaged);
    }
  }

  #expires(key: string, read: Reads): number | undefined {
    // A dump asks for that of each pair it has just read, and most have none.
    const { key: lastKey, read: lastRead, kind: lastKind } = this.#last;
    const kind = key === lastKey && read === lastRead ? lastKind : undefined;
    if (kind === kinds.pair) return undefined;
    const options = read.options();
    const deadline = this.#db.deadlines.of(key, options);
    if (deadline !== undefined) return deadline;
    if ((kind ?? this.#kindOf(key, options)) === kinds.passingPair) throw this.#damaged('deadline', key);
    return undefined;
  }

  /** Undefined: it is not there, or damaged. */
  #kindOf(key: string, options?: ReturnType<Reads['options']>): Kind | undefined {
    return this.#db.forward.get(key, options) === undefined ? undefined : pairCodec.kind;
  }

  /** Of a pair that has one. */
  #deadlineOf(key: string, options?: ReturnType<Reads['options']>): number {
    const deadline = this.#db.deadlines.of(key, options);
    if (deadline === undefined) throw this.#damaged('deadline', key);
    return deadline;
  }

  /** See Reader.expires. */
  expires(key: string): number | undefined {
    return this.#db.deadlines.earliest === never ? undefined : this.#expires(key, latest);
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
    if (this.#db.deadlines.earliest === never || !this.#isDue(key, this.#wall())) return undefined;
    return this.#get(key, undefined, undefined)?.version;
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
    return this.#db.meta.revision();
  }

  meta(name: string): string | undefined {
    return this.#db.meta.get(name);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return found(this.#search(filter, latest, this.#expired(latest)));
  }

  /** See Reader.search. */
  search(filter: SearchFilter, turn?: Turn): Iterable<string | undefined> {
    return this.#search(filter, latest, this.#expired(latest), turn);
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
    return this.#db.keys.searchBounded(by, text, most, this.#expired(latest));
  }

  /** Also those that have expired and were not removed yet; `after`: only keys behind this one. */
  everyKey(after: string | undefined): Iterable<string> {
    return found(this.#db.keys.search({ after }, latest, undefined));
  }

  pairs(filter: KeyFilter): Iterable<VersionedPair> {
    return this.#pairs(filter, latest, this.#expired(latest));
  }

  /** How many keys there are, those included that have expired and were not removed yet. */
  size(): number {
    return (this.#db.forward.getStats() as { entryCount: number }).entryCount;
  }

  /** See Snapshot.count. */
  #count(read: Reads, now: number): number | undefined {
    this.#checkTrust();
    return this.#lastExpired(read, now) === undefined ? this.#db.meta.count(read.options()) : undefined;
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
    const expired = this.#expired(read, now);
    const over = expired === undefined ? undefined : now;
    const bytes = this.bytes();
    const snapshot: Snapshot = {
      // An answer that is being cut may be looked at after the index is closed.
      growth: () => (this.#snapshots.has(snapshot) ? this.bytes() - bytes : 0),
      get: (key) => this.#get(key, over, read.options()),
      expires: (key) => this.#expires(key, read),
      lastExpired: () => this.#lastExpired(read, now),
      revision: () => this.#db.meta.revision(read.options()),
      keys: (filter) => found(this.#search(filter, read, expired)),
      search: (filter, turn) => this.#search(filter, read, expired, turn),
      pairs: (filter) => this.#pairs(filter, read, expired),
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
    this.#db = this.#open();
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
    this.#last.key = '';
    for (const listener of this.#listeners) listener.begun();
  }

  #settle(): void {
    this.#last.key = '';
    // A read of this turn of the event loop may have pinned the state before the commit.
    this.#db.root.resetReadTxn();
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
      this.#last.key = '';
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
      return this.#db.deadlines.earliest !== never && this.#isDue(key, this.#wall());
    } catch {
      return true;
    }
  }

  #isDue(key: string, now: number, options?: ReturnType<Reads['options']>): boolean {
    if (now < this.#db.deadlines.earliest && options === undefined) return false;
    const deadline = this.#db.deadlines.of(key, options);
    return deadline !== undefined && deadline <= now;
  }

  /** Which keys have expired by now; undefined: none. */
  #expired(read: Reads, now?: number): Expired | undefined {
    if (this.#db.deadlines.earliest === never) return undefined;
    now ??= this.#wall();
    return now < this.#db.deadlines.earliest ? undefined : (key) => this.#isDue(key, now, read.options());
  }

  #lastExpired(read: Reads, now: number): number | undefined {
    return now < this.#db.deadlines.earliest ? undefined : this.#db.deadlines.latestUntil(now, read.options());
  }

  *#pairs(filter: KeyFilter, read: Reads, expired: Expired | undefined): Iterable<VersionedPair> {
    try {
      yield* this.#soundPairs(filter, read, expired);
    } catch (error) {
      throw damageOf(error, this.#damaged);
    }
  }

  *#soundPairs(filter: KeyFilter, read: Reads, expired: Expired | undefined): Iterable<VersionedPair> {
    const { prefix = '', suffix = '', contains = '', after, reverse = false } = filter;
    if (isLongerThanKeys(prefix)) return;
    this.#checkTrust();
    if (suffix === '' && contains === '' && !reverse) {
      const range = this.#db.forward.getRange({ start: startOf(prefix, after), versions: true, ...read.options() });
      let last: string | undefined;
      let count = 0;
      for (const pair of read.walk(range as Iterable<VersionedPair>)) {
        const { key } = pair;
        if (key === damagedKey) throw this.#damaged('key', last);
        last = key;
        count++;
        if (after !== undefined && compareKeys(key, after) <= 0) continue;
        if (!key.startsWith(prefix)) return;
        const { kind } = pairCodec;
        if (expired?.(key)) continue;
        if (pair.value === damagedValue) throw this.#damaged('value', key);
        this.#last.key = key;
        this.#last.kind = kind;
        this.#last.read = read;
        yield pair;
      }
      // A page that has lost some of its keys is seen only by counting all of them.
      const all = prefix === '' && after === undefined;
      if (all && count !== this.#db.meta.count(read.options())) throw this.#damaged('count');
      return;
    }
    for (const key of found(this.#db.keys.search(filter, read, expired))) {
      const entry = this.#get(key, undefined, read.options());
      if (entry !== undefined) yield { key, value: entry.value, version: entry.version };
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

const never = Number.POSITIVE_INFINITY;

const empty = Buffer.alloc(0);
