/** The watchers of the store: they get each revision once, in order, after it is applied to the index. */
import { Problem, unavailable } from '@kvstore/core/problem.ts';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { pause } from '../../clock.ts';
import { notifyInSlices } from '../../notify-in-slices.ts';
import type { Revision, Watch, Watcher } from '../../store.ts';
import { otherTimeline } from '../../timeline.ts';
import { within } from '../connect/not-executed.ts';
import { type CatchUpOptions, catchUp, historyGone, type LaggingWatcher } from './catch-up.ts';
import type { HeadRead } from './head.ts';
import { HistoryReads } from './history-reads.ts';
import { HistoryStart } from './history-start.ts';
import { Listener } from './listener.ts';

export interface WatchesOptions extends CatchUpOptions {
  /** A linearizable read of the head key that takes at most so many milliseconds. */
  readonly readHead: (timeout: number) => Promise<HeadRead>;
  /** The same, of the head key as it was at a revision. Rejects with an EtcdCallError when that is compacted. */
  readonly readHeadAt: (revision: number, timeout: number) => Promise<HeadRead>;
}

/** Watches that read etcd's history at the same time: with etcd's largest answers of 8 MiB, two of each, 64 MiB. */
const mostReading = 4;

/** Milliseconds before another try when etcd could not be asked. */
const retryPause = 100;

export class Watches {
  readonly #options: WatchesOptions;
  readonly #all = new Set<Listener>();
  /** Watchers that have got everything that is in the index. */
  readonly #live = new Set<Listener>();
  readonly #reads: HistoryReads;
  readonly #start: HistoryStart;

  constructor(options: WatchesOptions) {
    const { clock, requestTimeout, readHeadAt: readAt } = options;
    this.#options = options;
    this.#reads = new HistoryReads(mostReading, clock);
    this.#start = new HistoryStart({ clock, requestTimeout, readAt });
  }

  /** See Store.watch. */
  watch(after: number, on: Watcher, timeline?: string): Watch {
    const listener = new Listener(after, on);
    this.#all.add(listener);
    listener.closed.addEventListener('abort', () => {
      this.#all.delete(listener);
      this.#live.delete(listener);
    });
    // No notification comes before the caller has the watch in hand.
    queueMicrotask(() => {
      this.#begin(listener, timeline).catch((error: unknown) => {
        const problem =
          error instanceof Problem ? error : unavailable(`The watch is over: ${messageOf(error)}.`, error);
        listener.end(problem);
      });
    });
    return {
      get position() {
        return listener.last;
      },
      close: () => listener.close(),
    };
  }

  /** These revisions are in the index now. Undefined: those who watch have been told; else resolves when they have. */
  applied(revisions: readonly Revision[]): Promise<void> | undefined {
    if (this.#live.size === 0) return undefined;
    return notifyInSlices(this.#live, revisions, (listener, revision) => {
      listener.notify(revision);
    });
  }

  /** What comes does not continue what was: every watch has to begin anew. */
  interrupt(why: string): void {
    for (const listener of [...this.#all]) listener.end(unavailable(`${why} Watch again from the last event.`));
  }

  async #begin(listener: Listener, timeline?: string): Promise<void> {
    const { replica, readHead, requestTimeout, clock } = this.#options;
    if (replica.unfit !== undefined) throw unavailable('The index is being synced with etcd.');
    // Events must not be ahead of what fresh reads show.
    const settled = replica.reach(0)?.catch(() => {
      throw unavailable('The index is being synced with etcd.');
    });
    if (settled !== undefined) {
      const late = () => unavailable(`The index was not synced with all replicas within ${requestTimeout} ms.`);
      await within(clock, clock.now() + requestTimeout, late, () => settled);
    }
    if (timeline !== undefined && timeline !== replica.timeline) throw otherTimeline(timeline, replica.timeline);
    if (listener.last > replica.applied) {
      // Another replica may be ahead of this one, but none is ahead of etcd.
      const { storeRevision } = await readHead(requestTimeout);
      if (listener.last > storeRevision) {
        const message = `Revision ${listener.last} is not of this store: its newest is ${storeRevision}.`;
        throw new Problem('history-gone', message);
      }
    }
    if (this.#join(listener)) return;
    if (!(await this.#start.reaches(listener.last + 1, listener.closed))) throw historyGone(listener.last);
    // Before it waits for a place: the client gets its answer, and signs of life.
    listener.open();
    const lagging: LaggingWatcher = {
      get last() {
        return listener.last;
      },
      closed: listener.closed,
      room: () => listener.room(),
      notify: (revision) => listener.notify(revision),
      arrived: (revision) => {
        listener.last = Math.max(listener.last, revision);
        return this.#join(listener);
      },
    };
    for (;;) {
      // Nothing is read for a client that takes nothing.
      await listener.room();
      if (this.#join(listener)) return;
      const place = await this.#reads.take(listener.closed);
      if (place === undefined) return;
      try {
        // Members come and go; the watcher only waits a little longer.
        await catchUp(this.#options, lagging, place.turn).catch((error: unknown) => {
          if (error instanceof Problem) throw error;
        });
      } finally {
        place.giveBack();
      }
      if (this.#live.has(listener) || listener.closed.aborted) return;
      if (!place.turn.aborted) await pause(clock, retryPause, listener.closed);
    }
  }

  /** Looked at and done in one go, so that no revision comes between. */
  #join(listener: Listener): boolean {
    if (this.#live.has(listener)) return true;
    if (listener.closed.aborted || listener.last < this.#options.replica.newest) return false;
    this.#live.add(listener);
    listener.open();
    return true;
  }
}
