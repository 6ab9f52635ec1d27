/** The newest revisions in memory, for those who watch the embedded store: what they missed, then what happens. */
import { setImmediate } from 'node:timers/promises';
import { Problem } from '@kvstore/core/problem.ts';
import { notifyInSlices } from '../notify-in-slices.ts';
import { notifyWatcher, watchFailed } from '../notify-watcher.ts';
import type { Revision, Watch, Watcher } from '../store.ts';
import { otherTimeline } from '../timeline.ts';
import { RevisionLog, type RevisionLogLimits } from './revision-log.ts';

export type HistoryLimits = RevisionLogLimits;

const historyLimits: HistoryLimits = { maxChanges: 100_000, maxBytes: 16 << 20 };

/** Revisions that one watch catches up with in a turn of the event loop: many may begin again at once. */
const revisionsPerTurn = 64;

export class History {
  readonly #log: RevisionLog;
  readonly #live = new Set<Listener>();
  readonly #all = new Set<Listener>();

  readonly #timeline: string;
  /** See `telling`. */
  #telling: Promise<void> | undefined;

  /** `revision`: the store's newest, at which history begins; of the store's `timeline`. */
  constructor(revision: number, timeline: string, limits: HistoryLimits = historyLimits) {
    this.#timeline = timeline;
    this.#log = new RevisionLog(revision, limits);
  }

  /** Resolves when those who watch have been told of all that was added; undefined: they have been. */
  get telling(): Promise<void> | undefined {
    return this.#telling;
  }

  /** Revisions follow each other without a gap. Undefined: those who watch have been told; else resolves when they have. */
  add(revisions: readonly Revision[]): Promise<void> | undefined {
    for (const revision of revisions) this.#log.add(revision);
    if (this.#live.size === 0) return undefined;
    // In their order.
    const telling =
      this.#telling === undefined ? this.#tell(revisions) : this.#telling.then(() => this.#tell(revisions));
    this.#telling = telling;
    void telling?.then(() => {
      if (this.#telling === telling) this.#telling = undefined;
    });
    return telling;
  }

  #tell(revisions: readonly Revision[]): Promise<void> | undefined {
    return notifyInSlices(this.#live, revisions, (listener, revision) => {
      // It has begun to live meanwhile, and has read this one.
      if (revision.revision <= listener.told) return;
      listener.told = revision.revision;
      notifyWatcher(
        () => listener.on.revision(revision),
        (problem) => this.#end(listener, problem),
      );
    });
  }

  /**
   * See Store.watch.
   * @param adding when it has ended, all that the caller may know of has been added; undefined: it has been
   */
  watch(after: number, on: Watcher, timeline = this.#timeline, adding?: Promise<unknown>): Watch {
    const listener = new Listener(after, on);
    this.#all.add(listener);
    // No notification comes before the caller has the watch in hand.
    queueMicrotask(() => {
      this.#catchUp(listener, timeline, adding).catch((cause: unknown) => {
        this.#end(listener, cause instanceof Problem ? cause : watchFailed(cause));
      });
    });
    return {
      get position() {
        return listener.told;
      },
      close: () => this.#forget(listener),
    };
  }

  /** Ends every watch. */
  close(problem: Problem): void {
    for (const listener of this.#all) this.#end(listener, problem);
  }

  async #catchUp(listener: Listener, timeline: string, adding?: Promise<unknown>): Promise<void> {
    if (timeline !== this.#timeline) throw otherTimeline(timeline, this.#timeline);
    if (listener.told > this.#log.newest) await adding;
    if (listener.told > this.#log.newest) {
      throw new Problem(
        'history-gone',
        `Revision ${listener.told} is not of this store: its newest is ${this.#log.newest}.`,
      );
    }
    let opened = false;
    let told = 0;
    while (this.#all.has(listener)) {
      if (listener.told < this.#log.start) {
        const from = `history begins behind revision ${this.#log.start}`;
        throw new Problem('history-gone', `What came after revision ${listener.told} is not known: ${from}.`);
      }
      if (!opened) listener.on.opened();
      opened = true;
      const room = listener.on.room?.();
      if (room !== undefined) {
        await room;
        // History may have moved on, and the watcher may be gone.
        continue;
      }
      const next = this.#log.at(listener.told + 1);
      if (next === undefined) {
        this.#live.add(listener);
        return;
      }
      listener.told = next.revision;
      await listener.on.revision(next);
      if (++told % revisionsPerTurn === 0) await setImmediate();
    }
  }

  #end(listener: Listener, problem: Problem): void {
    if (this.#forget(listener)) listener.on.end(problem);
  }

  #forget(listener: Listener): boolean {
    this.#live.delete(listener);
    return this.#all.delete(listener);
  }
}

class Listener {
  readonly on: Watcher;
  /** The newest revision that it was given. */
  told: number;

  constructor(after: number, on: Watcher) {
    this.told = after;
    this.on = on;
  }
}
