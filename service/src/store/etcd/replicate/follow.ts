/** Keeps the replica up with etcd: sync when there is no other way, else watch from where it is; for ever. */
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../clock.ts';
import type { Revision } from '../../store.ts';
import { checkMember, UnusableEtcd } from '../connect/check.ts';
import type { Endpoint } from '../connect/endpoint.ts';
import type { EtcdMetrics, ResyncCause } from '../etcd-metrics.ts';
import type { Log } from '../options.ts';
import { noteSync, readReaders } from '../readers/reader-list.ts';
import type { Stability } from '../readers/stability.ts';
import { Applier } from './applier.ts';
import { RevisionReader } from './changes.ts';
import { historyFault, leavesHistory } from './known-history.ts';
import { type ResyncOptions, resync } from './resync.ts';
import { settleTimeline, timelineFault } from './timeline-key.ts';
import { openWatch, type Watch } from './watch.ts';

export interface FollowerOptions extends ResyncOptions {
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly log: Log;
  readonly requestTimeout: number;
  readonly stability: Stability;
  /** The index is about to be synced in full: it is not read by a lease any more. */
  readonly onSync: () => void;
  /** Called with revisions that are in the index now, in order. */
  readonly onApplied: (revisions: readonly Revision[]) => Promise<void> | undefined;
  /** The index is about to take another way than revision by revision. */
  readonly onInterrupted: (why: string) => void;
  /** Throws the index away and begins with an empty one. */
  readonly startOver: () => Promise<void>;
}

/** What makes the index's files unusable. */
const reasons = {
  damaged: 'The index is damaged and is thrown away',
  'folder-lost': 'The folder of the index is gone and is made anew',
} as const;

function isUnusable(cause: ResyncCause): cause is keyof typeof reasons {
  return cause in reasons;
}

/** Milliseconds before the timeline's key is put again into an etcd that was full. */
const settlePause = 5000;

export class Follower {
  readonly #options: FollowerOptions;
  #watch: Watch | undefined;
  #applier: Applier | undefined;
  #stopHurry: (() => void) | undefined;
  #trouble: string | undefined = 'The first sync with etcd is not done yet.';
  #synced = false;
  #isFollowing = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    options.stability.listen({ changed: () => this.#applier?.goOn() });
  }

  /** Revisions that were received and are not in the index. */
  get waiting(): number {
    return this.#applier?.waiting ?? 0;
  }

  /** Does a watch bring what is written? Not before the first one, between two of them, and during a full sync. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Undefined once the index has been up with etcd; else what is in the way. */
  get notSynced(): string | undefined {
    return this.#synced ? undefined : this.#trouble;
  }

  /** Ends when the signal is aborted. */
  async run(): Promise<void> {
    const { signal, clock, log } = this.#options;
    signal.addEventListener('abort', () => this.#watch?.cancel('the store is closed'));
    for (let failures = 0; !signal.aborted; ) {
      const start = clock.now();
      try {
        await this.#round();
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = messageOf(error);
        const fields = { err: error };
        if (error instanceof UnusableEtcd) log.error(fields, this.#trouble);
        else log.warn(fields, `The index cannot follow etcd now: ${this.#trouble}`);
      }
      failures = clock.now() - start > 5000 ? 0 : failures + 1;
      // The first time at once, then slower and slower, with jitter.
      const wait = Math.min(2000, 25 * 2 ** failures) * (0.5 + Math.random() / 2);
      await pause(clock, failures <= 1 ? 0 : wait, signal);
    }
  }

  /** The history in the index has ended: sync anew. */
  restart(cause: ResyncCause): void {
    const { replica, log, onInterrupted } = this.#options;
    if (leavesHistory(cause)) replica.notePutBack();
    const { unfit } = replica;
    // A sync that goes on cannot end well in files that are damaged.
    if (unfit !== undefined && (isUnusable(unfit) || !isUnusable(cause))) return;
    const why = isUnusable(cause) ? reasons[cause] : 'etcd holds another history than the index';
    log.warn({ cause }, `${why}: a full sync follows.`);
    replica.condemn(cause);
    onInterrupted(`${why}.`);
    this.#watch?.cancel(`full sync: ${cause}`);
  }

  /** Somebody waits for the revision: a watch that brings nothing for a while is replaced by one of another member. */
  hurry(revision: number): void {
    const { clock, requestTimeout } = this.#options;
    const watch = this.#watch;
    const before = this.#coming;
    this.#stopHurry ??= clock.after(Math.max(100, requestTimeout / 5), () => {
      this.#stopHurry = undefined;
      if (watch === undefined || watch !== this.#watch || this.#coming >= revision) return;
      // Many or large changes take their time: as long as some come, the watch is alive.
      if (this.#coming > before) this.hurry(revision);
      else watch.cancel(`revision ${revision} did not come in time`);
    });
  }

  /** The newest revision that is applied or will be. */
  get #coming(): number {
    return Math.max(this.#options.replica.applied, this.#applier?.newest ?? 0);
  }

  /** Verifies, syncs when needed, and follows until the watch is over. */
  async #round(): Promise<void> {
    const { client, replica, requestTimeout, signal } = this.#options;
    const endpoint = await client.member(requestTimeout);
    try {
      await checkMember(endpoint, requestTimeout);
    } catch (error) {
      client.avoid(endpoint);
      throw error;
    }
    const found = replica.unfit ?? (await this.#verify());
    // The barrier may have ended the history meanwhile: its cause counts.
    const cause = replica.unfit ?? found;
    // etcd may have been put back while the sync went on: the next round looks.
    if (cause !== undefined && (await this.#resync(cause))) return;
    if (signal.aborted) return;
    if (!this.#options.stability.isListed) await this.#list();
    await this.#follow(endpoint);
  }

  /** What a process that goes on with the index of another one has missed. Throws EtcdCallError and Error. */
  async #list(): Promise<void> {
    const { client, layout, replica, stability } = this.#options;
    const list = await readReaders(client, layout);
    if (list.timeline !== replica.timeline) throw new Error('The timeline changed while the readers were looked for.');
    stability.resume(list);
  }

  /** Why the index can't go on from where it is; undefined when it can. Throws EtcdCallError. */
  async #verify(): Promise<ResyncCause | undefined> {
    const { replica, requestTimeout } = this.#options;
    const { history } = replica;
    const fault = history === undefined ? undefined : await historyFault(this.#options, history, requestTimeout);
    return fault ?? (await timelineFault(this.#options, replica.timeline));
  }

  /** Resolves with false while etcd cannot be given the name of the timeline. */
  async #resync(cause: ResyncCause): Promise<boolean> {
    const { metrics, replica, log, onInterrupted } = this.#options;
    if (cause !== 'compacted') replica.condemn(cause);
    this.#options.onSync();
    onInterrupted('The index is synced anew with etcd.');
    // Not within what is damaged: LMDB ends the process when it meets a page that it cannot use.
    if (isUnusable(cause)) await this.#options.startOver();
    metrics.resyncs.inc({ cause });
    const done = metrics.resyncDuration.startTimer();
    await this.#notePutBack();
    const { putBack } = replica;
    const interim = await settleTimeline(this.#options, putBack);
    const differed = await resync(this.#options, cause, interim);
    if (interim !== undefined) this.#settleLater(putBack);
    // Watchers that came meanwhile have not got what the sync brought.
    onInterrupted('The index was synced anew with etcd.');
    const seconds = done();
    log.info(
      { cause, differed, revision: replica.applied, timeline: replica.timeline, seconds },
      'The index is synced with etcd.',
    );
    return interim === undefined;
  }

  /** Whatever the cause of a sync is: etcd may have been put back as well, before or since. */
  async #notePutBack(): Promise<void> {
    const { replica, requestTimeout } = this.#options;
    const { history } = replica;
    if (replica.putBack !== undefined || history === undefined) return;
    const fault = await historyFault(this.#options, history, requestTimeout);
    if (fault !== undefined && leavesHistory(fault)) replica.notePutBack();
  }

  /** Etcd is full. When the key can be put, the watch brings its name, and a full sync follows. */
  #settleLater(putBack: string | undefined): void {
    const { clock, signal } = this.#options;
    clock.after(settlePause, () => {
      if (signal.aborted) return;
      settleTimeline(this.#options, putBack).then(
        (interim) => interim !== undefined && this.#settleLater(putBack),
        () => this.#settleLater(putBack),
      );
    });
  }

  async #follow(endpoint: Endpoint): Promise<void> {
    const { layout, metrics, onForeign, replica, log, client, requestTimeout, clock, onApplied, stability } =
      this.#options;
    const reader = new RevisionReader(layout, onForeign);
    let failure: unknown;
    const applier = new Applier(replica, stability, onApplied, (error) => {
      failure = error;
      this.#watch?.cancel('the index cannot be written');
    });
    const open = (start: number) =>
      openWatch(endpoint, layout, start, (response) => {
        const revisions = reader.read(response);
        if (revisions.some(({ timeline = replica.timeline }) => timeline !== replica.timeline)) {
          return this.restart('other-timeline');
        }
        // What is pending is noted before others are told that it was received (R4).
        stability.receive(revisions);
        applier.add(revisions);
        if (applier.isFull) this.#holdBack(applier);
      });
    metrics.watchStarts.inc();
    this.#applier = applier;
    this.#watch = await open(replica.nextRevision);
    // `restart` had no watch to cancel while this one was being opened.
    if (replica.unfit !== undefined) this.#watch.cancel(`full sync: ${replica.unfit}`);
    const cancel = clock.after(requestTimeout, () => this.#watch?.cancel('etcd did not confirm it in time'));
    await this.#watch.created;
    cancel();
    if (replica.unfit === undefined) this.#synced = true;
    this.#isFollowing = replica.unfit === undefined;
    this.#settle();
    const end = await this.#watch.ended;
    this.#isFollowing = false;
    // What is not stable comes again by the next watch.
    this.#applier = undefined;
    // A watch that was held back may still have an answer.
    await applier.end();
    this.#watch = undefined;
    if (failure !== undefined) throw failure;
    if (this.#options.signal.aborted || replica.unfit !== undefined) return;
    if (end.compactRevision !== undefined) {
      await this.#resync('compacted');
      return;
    }
    log.warn({ endpoint: endpoint.url, revision: replica.applied }, `The watch of etcd is over: ${end.message}.`);
    if (end.refused) endpoint.reset();
    client.avoid(endpoint);
  }

  /** Without this the readers have nothing to report while nothing is written. */
  #settle(): void {
    const { client, layout, stability, clock, log, signal } = this.#options;
    if (stability.isSettled || signal.aborted) return;
    noteSync(client, layout).catch((error: unknown) => {
      log.warn({ err: error }, `The full sync cannot be noted in etcd: ${messageOf(error)}`);
      clock.after(settlePause, () => this.#settle());
    });
  }

  #holdBack(applier: Applier): void {
    const watch = this.#watch;
    watch?.pause();
    void applier.drained().then(() => watch?.resume());
  }
}
