/** The watchers of the store: they get each revision once, in order, after it is applied to the index. */

import { Problem } from '@kvstore/core/problem.ts';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { pause } from '../../clock.ts';
import { notifyWatchers } from '../../notify-in-slices.ts';
import { notify } from '../../notify-watchers.ts';
import type { Revision, Watch, Watcher } from '../../store.ts';
import { otherTimeline } from '../../timeline.ts';
import { unavailable } from './barrier.ts';
import { type CatchUpOptions, catchUp, type LaggingWatcher } from './catch-up.ts';
import type { HeadRead } from './head.ts';
import { HistoryReads } from './history-reads.ts';

export interface WatchesOptions extends CatchUpOptions {
  /** A linearizable read of the head key that takes at most so many milliseconds. */
  readonly readHead: (timeout: number) => Promise<HeadRead>;
}

/** Watches that read etcd's history at the same time: with etcd's largest answers of 8 MiB, two of each, 64 MiB. */
const mostReading = 4;

/** Milliseconds before another try when etcd could not be asked. */
const retryPause = 100;

class Listener {
  /** The newest revision that was told. */
  last: number;
  readonly #on: Watcher;
  #opened = false;
  readonly #closing = new AbortController();

  constructor(after: number, on: Watcher) {
    this.last = after;
    this.#on = on;
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Notifies the watcher once that the watch has begun. */
  open(): void {
    if (this.#opened || this.closed.aborted) return;
    this.#opened = true;
    this.#on.opened();
  }

  /** Nothing, for a revision that was told before or that changed no pair. */
  notify(revision: Revision): Promise<void> | void {
    if (revision.revision <= this.last || this.closed.aborted) return;
    this.last = revision.revision;
    this.open();
    if (revision.changes.length > 0) return this.#on.revision(revision);
  }

  /** Undefined: the watcher can take what it catches up with. */
  room(): Promise<void> | undefined {
    return this.#on.room?.();
  }

  close(): void {
    this.#closing.abort();
  }

  end(problem: Problem): void {
    if (this.closed.aborted) return;
    this.close();
    this.#on.end(problem);
  }
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #all = new Set<Listener>();
  /** Watchers that have got everything that is in the index. */
  readonly #live = new Set<Listener>();
  readonly #reads = new HistoryReads(mostReading);

  constructor(options: WatchesOptions) {
    this.#options = options;
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
    return notifyWatchers(this.#live, revisions, (listener, revision) => {
      notify(
        () => listener.notify(revision),
        (problem) => listener.end(problem),
      );
    });
  }

  /** What comes does not continue what was: every watch has to begin anew. */
  interrupt(why: string): void {
    for (const listener of [...this.#all]) listener.end(unavailable(`${why} Watch again from the last event.`));
  }

  async #begin(listener: Listener, timeline?: string): Promise<void> {
    const { replica, readHead, requestTimeout, clock } = this.#options;
    if (replica.unfit !== undefined) throw unavailable('The index is being synced with etcd.');
    if (timeline !== undefined && timeline !== replica.timeline) throw otherTimeline(timeline, replica.timeline);
    if (listener.last > replica.applied) {
      // Another replica may be ahead of this one, but none is ahead of etcd.
      const { storeRevision } = await readHead(requestTimeout);
      if (listener.last > storeRevision) {
        const message = `Revision ${listener.last} is not of this store: its newest is ${storeRevision}.`;
        throw new Problem('history-gone', message);
      }
    }
    const lagging: LaggingWatcher = {
      get last() {
        return listener.last;
      },
      closed: listener.closed,
      room: () => listener.room(),
      isInTheWay: () => this.#reads.areWanted,
      notify: (revision) => listener.notify(revision),
      arrived: (revision) => {
        listener.last = Math.max(listener.last, revision);
        return this.#join(listener);
      },
    };
    while (!listener.closed.aborted && !this.#join(listener)) {
      // Nothing is read for a client that takes nothing.
      await listener.room();
      const giveBack = await this.#reads.take(listener.closed);
      if (giveBack === undefined) return;
      try {
        // Members come and go; the watcher only waits a little longer.
        await catchUp(this.#options, lagging).catch((error: unknown) => {
          if (error instanceof Problem) throw error;
        });
      } finally {
        giveBack();
      }
      if (!this.#live.has(listener)) await pause(clock, retryPause, listener.closed);
    }
  }

  /** Looked at and done in one go, so that no revision comes between. */
  #join(listener: Listener): boolean {
    if (this.#live.has(listener)) return true;
    if (listener.closed.aborted || listener.last < this.#options.replica.applied) return false;
    this.#live.add(listener);
    listener.open();
    return true;
  }
}
