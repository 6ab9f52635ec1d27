/** The index as a replica of etcd: what it has applied, who waits for what, and whose history it is. */
import type { IndexWriter } from '../../index/index-writer.ts';
import type { KeyIndex } from '../../index/key-index.ts';
import type { Change } from '../../store.ts';
import { newTimeline } from '../../timeline.ts';
import type { ResyncCause } from '../etcd-metrics.ts';
import { type Head, type HeadRead, noHead } from '../read/head.ts';
import type { FoundReaders } from '../readers/reader-list.ts';
import type { Stability } from '../readers/stability.ts';
import { contradicts, type KnownHistory, leavesHistory } from './known-history.ts';

/** Thrown to those who wait for a revision of a history that has ended: ask for a new one. */
export class HistoryChanged extends Error {
  override readonly name = 'HistoryChanged';
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The revision up to which deadlines were kept: versions of the service that know none move the revision, not this. */
const deadlinesMeta = 'deadlines';

/** The name of the timeline that the last full sync found in etcd: parts of a sync have names of their own. */
const settledMeta = 'settled';
/** The revision at which all of the index was known to be stable; earlier versions of the service move the revision alone. */
const stableMeta = 'stable';
/** See Replica.putBack; '' for none. */
const putBackMeta = 'put-back';

export class Replica {
  readonly #index: KeyIndex;
  readonly #stability: Stability;
  #waiters: Waiter[] = [];
  #applied: number;
  #head: Head;
  #clusterId: string | undefined;
  /** Set while the index holds parts of two states, or of another history. */
  #unfit: ResyncCause | undefined;
  /** Undefined: the index has never been synced, or what it knows is of another store. */
  #history: (KnownHistory & { readonly timeline: string }) | undefined;
  #putBack: string | undefined;
  #known = 0;
  #isEmptied = false;

  /** `prefix`: an index of another one has to be synced. */
  constructor(index: KeyIndex, prefix: string, stability: Stability) {
    this.#index = index;
    this.#stability = stability;
    this.#applied = index.revision();
    this.#clusterId = index.meta('cluster');
    const [revision, token] = (index.meta('head') ?? '').split(' ');
    this.#head = { revision: Number(revision ?? 0), token: token ?? '' };
    this.#putBack = index.meta(putBackMeta) || undefined;
    if (this.#clusterId === undefined) this.#unfit = 'first';
    else if (index.meta('prefix') !== prefix) this.#unfit = 'other-prefix';
    else {
      this.#keepHistory(index.meta(settledMeta) ?? index.timeline);
      this.#unfit = this.#flaw();
    }
    const isStable = index.meta(stableMeta) === String(this.#applied);
    const { timeline } = index;
    stability.begin({ timeline, shown: isStable ? this.#applied : 0, base: isStable ? 0 : this.#applied });
    let isSettled = isStable;
    stability.listen({
      changed: () => {
        // What the index has is covered from here on; what it gets, from when it has it.
        if (stability.isSettled && !isSettled) this.#wake();
        ({ isSettled } = stability);
      },
    });
  }

  #flaw(): ResyncCause | undefined {
    const index = this.#index;
    if (index.meta('state') !== 'synced') return 'unfinished';
    if (index.meta(deadlinesMeta) !== String(this.#applied)) return 'upgraded';
    return index.meta('timeline') === undefined ? 'upgraded' : undefined;
  }

  /** See KeyIndex.timeline. */
  get timeline(): string {
    return this.#index.timeline;
  }

  /** The index has everything up to this revision. */
  get applied(): number {
    return this.#applied;
  }

  /** The newest revision that changed the store: behind it come only leases by which replicas read, and notices. */
  get newest(): number {
    return this.#index.revision();
  }

  get head(): Head {
    return this.#head;
  }

  /** Why only a full sync makes the index usable; undefined when it is. */
  get unfit(): ResyncCause | undefined {
    return this.#unfit;
  }

  /** A watch that starts here misses nothing. */
  get nextRevision(): number {
    return this.#applied + 1;
  }

  /** Revisions that the index is behind the newest known one. */
  get lag(): number {
    return Math.max(0, this.#known - this.#applied);
  }

  /** Has the read's revision been applied, in a history that is ours, and is all of the index stable? */
  covers(revision: number): boolean {
    return this.isWhole && this.#applied >= revision;
  }

  /** Is the index one state of a history that is ours, all of it stable? */
  get isWhole(): boolean {
    return this.#unfit === undefined && this.#stability.isSettled;
  }

  /** Resolves when the index covers the revision. Rejects with HistoryChanged. Has no deadline: the caller's. */
  reach(revision: number): Promise<void> | undefined {
    this.#known = Math.max(this.#known, revision);
    if (this.covers(revision)) return undefined;
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }));
  }

  /**
   * Why a read of the head key can't belong to the history in the index; undefined when it can. `before` is what was
   * applied when the read was sent.
   */
  contradiction(read: HeadRead, before: { applied: number; head: Head }): ResyncCause | undefined {
    if (this.#unfit !== undefined) return undefined;
    const contradiction = contradicts(read, { ...before, clusterId: this.#clusterId ?? '' });
    if (contradiction !== undefined) return contradiction;
    return read.revision === this.#head.revision && read.token !== this.#head.token ? 'restored' : undefined;
  }

  /** What the index has known of the store, also while it is unfit; undefined: nothing. */
  get history(): KnownHistory | undefined {
    if (this.#unfit === undefined) this.#keepHistory(this.timeline);
    return this.#history;
  }

  /**
   * The timeline whose history etcd has left, until a full sync is on another one: whatever else makes the index unfit
   * meanwhile. Undefined: none is known.
   */
  get putBack(): string | undefined {
    return this.#putBack;
  }

  /** etcd was put back to an earlier state, or replaced. */
  notePutBack(): void {
    if (this.#unfit === undefined) this.#keepHistory(this.timeline);
    this.#putBack ??= this.#history?.timeline;
  }

  /** Ends the history in the index: nothing is answered as fresh until a full sync has succeeded. */
  condemn(cause: ResyncCause): void {
    if (leavesHistory(cause)) this.notePutBack();
    this.#unfitFor(cause);
    this.#known = 0;
    this.#endWaits();
  }

  #endWaits(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(new HistoryChanged());
  }

  #unfitFor(cause: ResyncCause): void {
    if (this.#unfit === undefined) this.#keepHistory(this.timeline);
    this.#unfit = cause;
  }

  #keepHistory(timeline: string): void {
    const clusterId = this.#clusterId;
    if (clusterId !== undefined) this.#history = { clusterId, applied: this.#applied, head: this.#head, timeline };
  }

  /** The index was thrown away: nothing is in it until a full sync has succeeded. */
  emptied(): void {
    this.#isEmptied = true;
    this.#applied = 0;
    this.#head = noHead;
    this.#clusterId = undefined;
  }

  /** The index holds less than the store: not even a read that may be old can be answered. */
  get isEmptied(): boolean {
    return this.#isEmptied;
  }

  /** Applies changes in one index transaction: whole revisions, in order, which are stable. */
  apply({ changes, head, revision, upTo }: AppliedRevisions): void {
    // Without changes of the store a revision is nothing to the index: the next process gets it once more.
    if (revision !== undefined) {
      this.#index.transactNow((writer) => {
        write(writer, changes);
        if (head !== undefined) writer.setMeta('head', `${head.revision} ${head.token}`);
        writer.setRevision(revision);
        writer.setMeta(deadlinesMeta, String(revision));
        writer.setMeta(stableMeta, String(revision));
      });
    }
    if (head !== undefined) this.#head = head;
    this.#applied = upTo;
    this.#stability.applied(upTo);
    this.#wake();
  }

  /** Applies a part of a full sync that is not its last: the index is unfit until `finish`. */
  async applyPart(changes: readonly Change[], cause: ResyncCause): Promise<void> {
    // Before it is committed: from then on reads may find it.
    if (this.#unfit === undefined) this.#unfitFor(cause);
    this.#leaveTimeline();
    await this.#index.transact((writer) => {
      writer.setMeta('state', 'syncing');
      writer.setMeta(putBackMeta, this.#putBack ?? '');
      writer.setTimeline(this.#index.timeline);
      write(writer, changes);
    });
    // What was read while it was committed may have been of before it.
    this.#leaveTimeline();
  }

  /** Applies the last part of a full sync: from here on the index is etcd's state at the revision. */
  async finish(changes: readonly Change[], state: SyncedState, cause: ResyncCause): Promise<void> {
    // What it brings may not be stable yet: nothing of it is fresh before the list of readers is known here.
    if (this.#unfit === undefined) this.#unfitFor(cause);
    const { head, revision, clusterId, prefix, timeline, isSettled, readers } = state;
    const putBack = isSettled ? undefined : this.#putBack;
    if (this.#index.timeline !== timeline) this.#leaveTimeline();
    await this.#index.transact((writer) => {
      write(writer, changes);
      writer.setRevision(revision);
      writer.setMeta(deadlinesMeta, String(revision));
      writer.setMeta('head', `${head.revision} ${head.token}`);
      writer.setMeta('cluster', clusterId);
      writer.setMeta('prefix', prefix);
      writer.setTimeline(timeline);
      writer.setMeta(settledMeta, timeline);
      writer.setMeta(stableMeta, readers.readers.length === 0 ? String(revision) : '');
      writer.setMeta(putBackMeta, putBack ?? '');
      writer.setMeta('state', 'synced');
    });
    if (this.#index.timeline !== timeline) this.#index.enterTimeline(timeline);
    this.#head = head;
    this.#clusterId = clusterId;
    this.#putBack = putBack;
    this.#unfit = undefined;
    this.#isEmptied = false;
    this.#applied = revision;
    // What waits for a revision of another history must not take that of this one for it.
    if (this.#stability.state.timeline !== timeline) this.#endWaits();
    this.#stability.sync({ ...readers, timeline });
    this.#wake();
  }

  /** Ends the replica: it applies no more revisions. */
  close(): void {
    this.condemn('unfinished');
  }

  /**
   * While a sync goes on in parts, stale reads may show parts of two states: until it is done, their versions are of
   * timelines that nothing else has.
   */
  #leaveTimeline(): void {
    this.#index.enterTimeline(newTimeline());
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.covers(waiter.revision)) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }
}

export interface AppliedRevisions {
  readonly changes: readonly Change[];
  /** The newest write; undefined: it stays the same. */
  readonly head: Head | undefined;
  /** The newest revision that changed the store; undefined: none did. */
  readonly revision: number | undefined;
  /** The newest of all. */
  readonly upTo: number;
}

export interface SyncedState {
  readonly head: Head;
  /** etcd's revision that the state was read at: what was removed before it is not in the state any more. */
  readonly revision: number;
  readonly clusterId: string;
  readonly prefix: string;
  readonly timeline: string;
  /** False: etcd, which is full, has not taken the timeline's name. */
  readonly isSettled: boolean;
  /** As they were at the revision. */
  readonly readers: FoundReaders;
}

function write(writer: IndexWriter, changes: readonly Change[]): void {
  for (const { key, value, revision, expires } of changes) {
    if (value === undefined) writer.remove(key);
    else writer.put(key, value, revision, expires);
  }
}
