/** The embedded store: the index is the truth, and a write is acknowledged once it is on the disk. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { statfsSync } from 'node:fs';
import type { Span } from '@opentelemetry/api';
import { Problem } from '../errors.ts';
import { KeyIndex } from './key-index.ts';
import { lockDirectory, type OwnerLock } from './owner-lock.ts';
import { noSpans, type Spans } from './spans.ts';
import type { Entry, KeyFilter, Pair, Snapshot, Store } from './store.ts';
import type { StoreMetrics } from './store-metrics.ts';

/** Requests that may wait for the disk; one more is refused at once, so that waiting stays bounded. */
const maxWaiting = 10_000;

interface Write {
  readonly pairs: readonly Pair[];
  readonly resolve: (revision: number) => void;
  readonly reject: (problem: Problem) => void;
  readonly span: Span | undefined;
}

export interface EmbeddedOptions {
  /** Made when missing. */
  readonly directory: string;
  readonly metrics: StoreMetrics;
  readonly spans?: Spans;
}

export class EmbeddedStore implements Store {
  readonly #directory: string;
  readonly #lock: OwnerLock;
  readonly #index: KeyIndex;
  readonly #metrics: StoreMetrics;
  readonly #spans: Spans;
  /** Runs what goes on beyond the request that began it outside of that one's context. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: Write[] = [];
  #committing: Promise<void> | undefined;
  #closed = false;

  /** Throws when the directory is in use by another process, not writable, or of another format. */
  constructor({ directory, metrics, spans = noSpans }: EmbeddedOptions) {
    this.#directory = directory;
    this.#metrics = metrics;
    this.#spans = spans;
    this.#lock = lockDirectory(directory);
    try {
      this.#index = new KeyIndex({ directory, durable: true });
    } catch (cause) {
      this.#lock.release();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The data directory ${directory} cannot be opened: ${why}.`, { cause });
    }
    metrics.observe(this.#index);
  }

  /** This process alone writes, and the index shows a write before it is acknowledged: every read is fresh. */
  barrier(): undefined {
    return undefined;
  }

  get(key: string): Entry | undefined {
    return this.#index.get(key);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return this.#index.keys(filter);
  }

  pairs(filter: KeyFilter): Iterable<Pair> {
    return this.#index.pairs(filter);
  }

  revision(): number {
    return this.#index.revision();
  }

  snapshot(): Snapshot {
    return this.#index.snapshot();
  }

  notReady(): string | undefined {
    return this.#closed ? 'The store is closed.' : undefined;
  }

  set(pairs: readonly Pair[]): Promise<number> {
    if (this.#closed) return Promise.reject(new Problem('unavailable', 'The store is closed.'));
    if (this.#waiting.length >= maxWaiting) {
      const message = `${maxWaiting} writes are waiting for the disk already.`;
      return Promise.reject(new Problem('overloaded', message, { headers: { 'Retry-After': '1' } }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pairs, resolve, reject, span: this.#spans.current() });
      this.#committing ??= this.#outside(() => this.#commitAll());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#committing;
    await this.#index.close();
    this.#lock.release();
  }

  /** Commits what waits, and what comes meanwhile, one transaction after the other: writers share a flush. */
  async #commitAll(): Promise<void> {
    // A turn of the event loop, so that requests which arrived together are written together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const writes = this.#waiting;
      this.#waiting = [];
      const sampled = () => writes.map(({ span }) => span);
      await this.#spans.shared('store.commit', writes.length, sampled, () => this.#commit(writes));
    }
    this.#committing = undefined;
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    const done = this.#metrics.commitStarted(writes.length);
    try {
      const first = await this.#index.transact((writer) => {
        // Read inside the transaction: a transaction that failed has used up no revision.
        const before = this.#index.revision();
        writes.forEach(({ pairs }, i) => {
          for (const { key, value } of pairs) writer.put(key, value, before + i + 1);
        });
        writer.setRevision(before + writes.length);
        return before + 1;
      });
      writes.forEach(({ resolve }, i) => {
        resolve(first + i);
      });
      done();
    } catch (cause) {
      done();
      const problem = writeFailed(cause, freeBytes(this.#directory));
      for (const { reject } of writes) reject(problem);
    }
  }
}

/** With less room than a transaction of the largest bodies takes, a write that was cut short means a full disk. */
const fewBytes = 64 * 1024 ** 2;

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** The transaction was rolled back: nothing was written. */
function writeFailed(cause: unknown, free: number): Problem {
  const message = cause instanceof Error ? cause.message : String(cause);
  // LMDB takes a write that was cut short for an I/O error, whatever cut it.
  const cutShort = /input\/output error|EIO|short write/i.test(message) && free < fewBytes;
  if (cutShort || /no space|ENOSPC|quota|EDQUOT|MDB_MAP_FULL|disk full/i.test(message)) {
    return new Problem('storage-full', 'The disk is full: nothing was written; reads go on.', { cause });
  }
  return new Problem('unavailable', 'The disk refused the write: nothing was written.', { cause });
}
