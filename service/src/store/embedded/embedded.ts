/** The embedded store: the index is the truth, and a write is acknowledged once it is on the disk. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { statfsSync } from 'node:fs';
import { lockDirectory, type OwnerLock } from '@kvstore/core/data-folder/owner-lock.ts';
import { DamagedData } from '@kvstore/core/data-folder/pages/page-file.ts';
import { overloaded, Problem } from '@kvstore/core/problem.ts';
import { BatchWindow } from '../batch-window.ts';
import { type Clock, systemClock } from '../clock.ts';
import { isDamage } from '../damage/damage.ts';
import { type DamageLog, damageReports, noLog } from '../damage/damage-reports.ts';
import { DataCheck } from '../damage/data-check.ts';
import { DataFolder } from '../files/data-folder.ts';
import { IndexReader } from '../index/index-reader.ts';
import { type IndexOptions, KeyIndex } from '../index/key-index.ts';
import { noSpans, type Spans, spansOf } from '../spans.ts';
import type {
  Condition,
  Deletion,
  Incremented,
  Pair,
  Revision,
  SetOptions,
  Store,
  TransactionParts,
  Watch,
  Watcher,
  Written,
} from '../store.ts';
import type { StoreMetrics } from '../store-metrics.ts';
import type { CommitMetrics } from './commit-metrics.ts';
import { continueTimeline, markTimeline } from './embedded-timeline.ts';
import { Expiry } from './expiry.ts';
import { History, type HistoryLimits } from './history.ts';
import { nextWrites } from './next-writes.ts';
import { type Applied, applyWrite, type Write } from './write.ts';

/** Requests that may wait for the disk; one more is refused at once, so that waiting stays bounded. */
const maxWaiting = 10_000;

/** Milliseconds of a commit from which on it pays to wait for those that it has answered: a timer takes one. */
const slowCommit = 2;

/** Milliseconds of that wait at most; it is no more than half of what the commit took. */
const longestWait = 10;

export interface EmbeddedOptions {
  /** Made when missing. */
  readonly directory: string;
  readonly metrics: StoreMetrics & CommitMetrics;
  readonly clock?: Clock;
  /** How far back a watch can begin. */
  readonly history?: HistoryLimits;
  readonly spans?: Spans;
  /** Called for damage, and for a folder that is gone. */
  readonly log?: DamageLog;
  /** Milliseconds between two checks of the data file at least; default 0: none. */
  readonly checkInterval?: number;
}

interface Committed {
  /** What became of each write. */
  readonly outcomes: readonly (Applied | Problem)[];
  /** What was written. */
  readonly revisions: readonly Revision[];
}

export class EmbeddedStore extends IndexReader implements Store {
  readonly #directory: string;
  readonly #lock: OwnerLock;
  readonly #metrics: CommitMetrics;
  readonly #clock: Clock;
  readonly #history: History;
  readonly #expiry: Expiry;
  readonly #spans: Spans;
  readonly #folder: DataFolder;
  readonly #check: DataCheck;
  /** Runs what goes on beyond the request that began it outside of that one's context. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: Write[] = [];
  /** The last transaction had large writes. */
  #wroteLarge = false;
  /** The newest revision that this process knows of. */
  #newest: number;
  /** The revision that is noted beside the data file. */
  #marked: number;
  readonly #window: BatchWindow;
  #committing: Promise<void> | undefined;
  /** The last transaction: when it has ended, what it wrote is in history. */
  #transaction: Promise<unknown> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** Throws when the directory is in use by another process, not writable, of another format, or damaged (DamagedData). */
  constructor(options: EmbeddedOptions) {
    const {
      directory,
      metrics,
      clock = systemClock,
      history,
      spans = noSpans,
      log = noLog,
      checkInterval = 0,
    } = options;
    const lock = lockDirectory(directory);
    super(
      openIndex({ directory, durable: true, wall: () => clock.wall(), onDamage: damageReports(log, metrics) }, lock),
    );
    this.#folder = new DataFolder({
      directory,
      clock,
      onChange: (isLost) => {
        metrics.folderLost(isLost);
        if (isLost) log.error({ directory }, folderLost(directory));
        else log.info({ directory }, 'The data folder is back: writes are accepted again.');
      },
      onLook: () => this.#looked(),
    });
    this.#check = new DataCheck({
      directory,
      clock,
      interval: checkInterval,
      snapshot: () => this.index.snapshot(),
      onChecked: (fault) => {
        // Of a folder that is gone, the file in its place is not ours.
        if (this.#folder.look()) return;
        this.index.fault = fault;
        if (fault === undefined) return;
        metrics.damaged('page');
        log.error({ directory, fault }, `Damaged data: ${fault}. ${afterDamage(directory)}`);
      },
    });
    this.#newest = this.index.revision();
    this.#marked = this.#newest;
    this.#directory = directory;
    this.#lock = lock;
    this.#metrics = metrics;
    this.#spans = spans;
    this.#window = new BatchWindow(clock);
    this.#clock = clock;
    this.#history = new History(this.index.revision(), this.index.timeline, history);
    this.#expiry = new Expiry(this.index, clock, (keys) => this.#write({ kind: 'expire', keys }));
    this.#expiry.schedule();
    metrics.observe(this.index);
  }

  /** This process alone writes, and the index shows a write before it is acknowledged: every read is fresh. */
  barrier(): undefined {
    return undefined;
  }

  isWhole(): boolean {
    return true;
  }

  notReady(): string | undefined {
    if (this.#closed) return 'The store is closed.';
    if (this.#folder.isLost) return 'The data folder is gone.';
    return this.index.fault === undefined ? undefined : 'The data file is damaged.';
  }

  set(pairs: readonly Pair[], { condition, ttl }: SetOptions = {}): Promise<Written> {
    return this.#write({ kind: 'set', pairs, expires: this.#expires(ttl), condition });
  }

  delete(keys: readonly string[], condition?: Condition): Promise<Deletion> {
    return this.#write({ kind: 'delete', keys, condition });
  }

  transact(parts: TransactionParts): Promise<Deletion> {
    return this.#write({ kind: 'transaction', parts, expires: this.#expires(parts.ttl) });
  }

  increment(amounts: ReadonlyMap<string, bigint>): Promise<Incremented> {
    return this.#write({ kind: 'increment', amounts }) as Promise<Incremented>;
  }

  watch(after: number, on: Watcher, timeline?: string): Watch {
    // The index shows a transaction as soon as it is on the disk, which is before this process knows of it.
    return this.#history.watch(after, on, timeline, this.#transaction);
  }

  /** Unix milliseconds at which such a time to live ends. */
  #expires(ttl: number | undefined): number | undefined {
    return ttl === undefined ? undefined : this.#clock.wall() + ttl * 1000;
  }

  /** One promise a write: there may be tens of thousands a second. */
  #write(work: Write['work']): Promise<Applied> {
    if (this.#closed) return Promise.reject(new Problem('unavailable', 'The store is closed.'));
    if (this.#folder.isLost) return Promise.reject(lostProblem('nothing was written'));
    const { fault } = this.index;
    if (fault !== undefined) {
      // A write could take pages that hold other values.
      const message = `The data file is damaged: ${fault}. Nothing was written.`;
      return Promise.reject(new Problem('data-corrupted', message));
    }
    if (this.#waiting.length >= maxWaiting) {
      const message = `${maxWaiting} writes are waiting for the disk already.`;
      return Promise.reject(overloaded(message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject, span: this.#spans.current() });
      this.#window.arrived(this.#waiting.length);
      this.#committing ??= this.#outside(() => this.#commitAll());
    });
  }

  /** Once a second: checks that no other process writes to the file, and notes how far it has come. */
  #looked(): void {
    if (this.#committing !== undefined || this.#closed) return;
    if (this.index.storedRevision() !== this.#newest) {
      this.#folder.overwritten();
    } else if (this.#marked !== this.#newest) {
      this.#marked = this.#newest;
      markTimeline(this.index, this.#directory);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#expiry.stop();
    this.#folder.stop();
    this.#history.close(new Problem('unavailable', 'The store is closed.'));
    await this.#committing;
    await this.#check.stop();
    // Not into a folder that has taken the place of ours.
    if (!this.#folder.look()) markTimeline(this.index, this.#directory);
    await this.index.close();
    this.#lock.release();
  }

  /** Commits what waits, and what comes meanwhile, one transaction after the other: writers share a flush. */
  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const began = this.#clock.now();
      const committing = this.#commit();
      this.#transaction = committing;
      const served = await committing;
      const took = this.#clock.now() - began;
      if (took < slowCommit) continue;
      await this.#window.wait(this.#waiting.length, served, Math.min(longestWait, took / 2));
    }
    this.#committing = undefined;
  }

  /** Resolves with the number of writes that were committed, or failed together. */
  async #commit(): Promise<number> {
    if (this.#folder.look()) return this.#rejectAll(this.#take(), lostProblem('nothing was written'));
    const taken: Write[] = [];
    let committed: Committed;
    try {
      committed = await this.#transact(taken);
    } catch (cause) {
      if (cause instanceof Overwritten) this.#folder.overwritten();
      const problem =
        cause instanceof Overwritten
          ? lostProblem('nothing was written')
          : writeFailed(cause, freeBytes(this.#directory));
      // A transaction that could not begin has taken none.
      return this.#rejectAll(taken.length > 0 ? taken : this.#take(), problem);
    }
    const { outcomes, revisions } = committed;
    const telling = this.#history.telling;
    // Watchers get nothing that is not on the disk.
    this.#history.add(revisions);
    // Written, but where no process will find it: reads show it until this one ends.
    const lost = this.#folder.look() ? lostProblem('the write is lost when the service ends') : undefined;
    taken.forEach(({ resolve, reject }, i) => {
      const outcome = lost ?? (outcomes[i] as Applied | Problem);
      if (outcome instanceof Problem) reject(outcome);
      else resolve(outcome);
    });
    this.#expiry.schedule();
    // The next transaction goes on while watchers are told of this one, but not before they know the last one.
    if (telling !== undefined) await telling;
    return taken.length;
  }

  #take(): readonly Write[] {
    const { now, later, hasLarge } = nextWrites(this.#waiting, this.#wroteLarge);
    this.#waiting = later;
    this.#wroteLarge = hasLarge;
    return now;
  }

  #rejectAll(writes: readonly Write[], problem: Problem): number {
    for (const { reject } of writes) reject(problem);
    return writes.length;
  }

  /** Fills `taken` when the transaction has begun: what arrives until then is written with it. */
  async #transact(taken: Write[]): Promise<Committed> {
    const revisions: Revision[] = [];
    let done = () => {};
    try {
      const running: Promise<(Applied | Problem)[]> = this.index.transact((writer) => {
        taken.push(...this.#take());
        done = this.#metrics.commitStarted(taken.length);
        void this.#spans
          .shared(
            'store.commit',
            taken.length,
            () => spansOf(taken),
            () => running,
          )
          .catch(() => {});
        // Read inside the transaction: a transaction that failed has used up no revision.
        const before = this.index.revision();
        if (before !== this.#newest) throw new Overwritten();
        const place = { timeline: this.index.timeline, before };
        const results = taken.map(({ work }) => applyWrite(writer, work, place, revisions));
        if (revisions.length > 0) writer.setRevision(before + revisions.length);
        return results;
      });
      const outcomes = await running;
      this.#newest += revisions.length;
      return { outcomes, revisions };
    } finally {
      done();
    }
  }
}

/** The data file holds another revision than the last one that was written: something else has written to it. */
class Overwritten extends Error {}

function folderLost(directory: string): string {
  return (
    `The data folder ${directory} is gone or was replaced: writes are refused, reads go on. ` +
    'Save the data with "kvstore-cli export" while the service runs, then restart it.'
  );
}

function lostProblem(outcome: string): Problem {
  return new Problem('data-folder-lost', `The data folder was removed or replaced: ${outcome}.`);
}

/** Gives the lock back when the index cannot be opened. */
function openIndex(options: IndexOptions, lock: OwnerLock): KeyIndex {
  const { directory } = options;
  try {
    const index = new KeyIndex(options);
    continueTimeline(index, directory);
    return index;
  } catch (cause) {
    lock.release();
    const why = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
    const message = `The data directory ${directory} cannot be opened: ${why}.`;
    if (!isDamage(cause)) throw new Error(message, { cause });
    throw new DamagedData(`${message} ${afterDamage(directory)}`, { cause });
  }
}

function afterDamage(directory: string): string {
  return (
    `Nothing was changed. Look with "kvstore-cli verify ${directory}"; then restore a backup into a new folder, or save ` +
    `what is sound with "kvstore-cli salvage ${directory}" (docs/damage.md).`
  );
}

/** With less room than a transaction of the largest bodies takes, a write that was cut short means a full disk. */
const fewBytes = 64 * 1024 ** 2;

/** NaN where the file system does not say, as one does that is broken or gone. */
function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.NaN;
  }
}

/** The transaction was rolled back: nothing was written. */
function writeFailed(cause: unknown, free: number): Problem {
  if (cause instanceof Problem) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  // LMDB takes a write that was cut short for an I/O error, whatever cut it.
  const cutShort = /input\/output error|EIO|short write/i.test(message) && free < fewBytes;
  if (cutShort || /no space|ENOSPC|quota|EDQUOT|MDB_MAP_FULL|disk full/i.test(message)) {
    return new Problem('storage-full', 'The disk is full: nothing was written; reads go on.', { cause });
  }
  return new Problem('unavailable', 'The disk refused the write: nothing was written.', { cause });
}
