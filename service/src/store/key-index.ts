/**
 * The index: every pair by key and every key by its reversed text, in one LMDB environment.
 * Off the JavaScript heap, ordered, and readable while it is written to (readers see the last commit).
 */
import { mkdirSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import { checkDataFile } from './data-file.ts';
import { compareKeys, maxKeyBytes, reverseKey } from './key.ts';
import { keyCodec } from './key-codec.ts';
import { reserveReaderTable } from './reader-table.ts';
import { latest, type Reads, SnapshotReads } from './snapshot-reads.ts';
import type { Entry, KeyFilter, Pair, Reader, Snapshot } from './store.ts';

/** Rises when the files' layout changes; a directory of another version is refused. */
const formatVersion = 1;

/** Matches of a suffix that are gathered and sorted; beyond it the keys are walked in order instead, in flat memory. */
const maxSorted = 20_000;

/** Snapshots and reads that can be open at once (slots in LMDB's lock file). */
const maxReaders = 2048;

/** Writes inside a transaction; they and their effects are seen by everyone at once, or never. */
export interface IndexWriter {
  get(key: string): Entry | undefined;
  put(key: string, value: string, revision: number): void;
  remove(key: string): void;
  setRevision(revision: number): void;
  setMeta(name: string, value: string): void;
}

export interface IndexOptions {
  readonly directory: string;
  /** True: a transaction ends when it is on the disk, and is seen only then. False: for a copy that can be made anew. */
  readonly durable: boolean;
}

export class KeyIndex implements Reader {
  readonly #root: RootDatabase;
  readonly #forward: Database<string, string>;
  readonly #reversed: Database<Buffer, string>;
  readonly #meta: Database<string, string>;
  readonly #snapshots = new Set<Snapshot>();

  /** Throws when the directory cannot be used: not writable, of another version, not LMDB's, damaged. */
  constructor({ directory, durable }: IndexOptions) {
    mkdirSync(directory, { recursive: true });
    checkDataFile(directory);
    reserveReaderTable(directory, maxReaders);
    this.#root = open({
      path: directory,
      noSubdir: false,
      maxDbs: 4,
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
    const keys = { keyEncoder: keyCodec } as object;
    this.#forward = this.#root.openDB('forward', { encoding: 'string', useVersions: true, ...keys });
    this.#reversed = this.#root.openDB('reversed', { encoding: 'binary', ...keys });
    if (format === undefined) this.#meta.putSync('format', String(formatVersion));
  }

  get(key: string): Entry | undefined {
    return this.#forward.getEntry(key) as Entry | undefined;
  }

  revision(): number {
    return Number(this.#meta.get('revision') ?? 0);
  }

  meta(name: string): string | undefined {
    return this.#meta.get(name);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return this.#keys(filter, latest);
  }

  pairs(filter: KeyFilter): Iterable<Pair> {
    return this.#pairs(filter, latest);
  }

  /** How many keys there are. */
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
    const snapshot: Snapshot = {
      get: (key) => this.#forward.getEntry(key, read.options()) as Entry | undefined,
      revision: () => Number(this.#meta.get('revision', read.options()) ?? 0),
      keys: (filter) => this.#keys(filter, read),
      pairs: (filter) => this.#pairs(filter, read),
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
    // A plain transaction shares its fate with others, and keeps what an action did before it threw.
    const result = await this.#root.childTransaction(() => action(this.#writer)).catch(commitFailed);
    // A read of this turn of the event loop may have pinned the state before the commit.
    this.#root.resetReadTxn();
    return result;
  }

  /** Closes the snapshots that are still open: reading from them throws from then on. */
  async close(): Promise<void> {
    for (const snapshot of this.#snapshots) snapshot.close();
    await this.#root.close();
  }

  readonly #writer: IndexWriter = {
    get: (key) => this.get(key),
    put: (key, value, revision) => {
      void this.#forward.put(key, value, revision);
      void this.#reversed.put(reverseKey(key), empty);
    },
    remove: (key) => {
      void this.#forward.remove(key);
      void this.#reversed.remove(reverseKey(key));
    },
    setRevision: (revision) => void this.#meta.put('revision', String(revision)),
    setMeta: (name, value) => void this.#meta.put(name, value),
  };

  *#keys({ prefix = '', suffix = '', after }: KeyFilter, read: Reads): Iterable<string> {
    if (isLongerThanKeys(prefix) || isLongerThanKeys(suffix)) return;
    if (suffix !== '') {
      const sorted = this.#sortedMatches({ prefix, suffix, after }, read);
      if (sorted !== undefined) {
        yield* sorted;
        return;
      }
    }
    for (const key of read.walk(this.#forward.getKeys({ start: startOf(prefix, after), ...read.options() }))) {
      if (after !== undefined && compareKeys(key, after) <= 0) continue;
      if (!key.startsWith(prefix)) return;
      if (key.endsWith(suffix)) yield key;
    }
  }

  *#pairs({ prefix = '', suffix = '', after }: KeyFilter, read: Reads): Iterable<Pair> {
    if (isLongerThanKeys(prefix)) return;
    if (suffix === '') {
      for (const pair of read.walk(this.#forward.getRange({ start: startOf(prefix, after), ...read.options() }))) {
        if (after !== undefined && compareKeys(pair.key, after) <= 0) continue;
        if (!pair.key.startsWith(prefix)) return;
        yield pair;
      }
      return;
    }
    for (const key of this.#keys({ prefix, suffix, after }, read)) {
      const value = this.#forward.get(key, read.options());
      if (value !== undefined) yield { key, value };
    }
  }

  /** The keys with a suffix, sorted; undefined when a walk along the prefix looks at fewer keys or takes less memory. */
  #sortedMatches({ prefix = '', suffix = '', after }: KeyFilter, read: Reads): string[] | undefined {
    const reversedSuffix = reverseKey(suffix);
    const matches: string[] = [];
    const alongPrefix = read
      .walk(this.#forward.getKeys({ start: startOf(prefix, after), ...read.options() }))
      [Symbol.iterator]();
    try {
      let steps = 0;
      for (const reversed of read.walk(this.#reversed.getKeys({ start: reversedSuffix, ...read.options() }))) {
        if (!reversed.startsWith(reversedSuffix)) break;
        // Both walks advance in step: the shorter one decides, so a search costs no more than twice the better way.
        if (prefix !== '') {
          const step = alongPrefix.next();
          if (step.done || !step.value.startsWith(prefix)) return undefined;
        }
        if (++steps > maxSorted) return undefined;
        const key = reverseKey(reversed);
        if (key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0)) matches.push(key);
      }
    } finally {
      alongPrefix.return?.();
    }
    return matches.sort(compareKeys);
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

const empty = Buffer.alloc(0);

/** No key sorts below U+0001: a key has at least one character, and none is NUL. */
const lowest = '\u0001';

/** Where a walk begins: at the first key that may hold, or shortly before it. LMDB takes no start of 1979 bytes. */
function startOf(prefix: string, after: string | undefined): string {
  const behind = after === undefined ? '' : shortened(after);
  const start = compareKeys(behind, prefix) > 0 ? behind : prefix;
  return start === '' ? lowest : start;
}

/** A text of no more bytes than a key has, and no key is between it and the text but those that begin with it. */
function shortened(text: string): string {
  if (!isLongerThanKeys(text)) return text;
  // A character that was cut in two shows as U+FFFD.
  return Buffer.from(text)
    .toString('utf8', 0, maxKeyBytes)
    .replace(/\ufffd+$/, '');
}

function isLongerThanKeys(text: string): boolean {
  return text.length * 3 > maxKeyBytes && Buffer.byteLength(text) > maxKeyBytes;
}
