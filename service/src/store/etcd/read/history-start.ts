/**
 * Does etcd's history reach back to a revision? Many watches resume at once after a restart, so all that wait share one
 * read of etcd at a time, and its answer holds for others on the same side of it.
 */
import { unavailable } from '@kvstore/core/problem.ts';
import { meaningOf, messageOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../clock.ts';

/** Milliseconds for which an answer holds. A compaction after it ends the watch when the watch reads its history. */
const validity = 1000;
/** Milliseconds before another try when etcd could not be asked. */
const retryPause = 100;

export interface HistoryStartOptions {
  readonly clock: Clock;
  /** Milliseconds that a caller waits at most, with one try of etcd more. */
  readonly requestTimeout: number;
  /** A read of etcd as it was at a revision, which rejects with an EtcdCallError when that is compacted. */
  readonly readAt: (revision: number, timeout: number) => Promise<unknown>;
}

interface Answer {
  readonly revision: number;
  /** When etcd answered. */
  readonly at: number;
}

export class HistoryStart {
  readonly #options: HistoryStartOptions;
  /** The newest revision that is compacted, and the oldest that is not. */
  #gone: Answer | undefined;
  #kept: Answer | undefined;
  #asking: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: HistoryStartOptions) {
    this.#options = options;
  }

  /**
   * False: etcd has compacted the revision. Means nothing when the watch is closed before. Rejects with Problem
   * `unavailable` when etcd does not answer in time.
   */
  async reaches(revision: number, closed: AbortSignal): Promise<boolean> {
    const { clock, requestTimeout } = this.#options;
    const deadline = clock.now() + requestTimeout;
    while (!closed.aborted) {
      if (this.#holds(this.#gone) && revision <= this.#gone.revision) return false;
      if (this.#holds(this.#kept) && revision >= this.#kept.revision) return true;
      if (clock.now() >= deadline) {
        const message = `etcd did not say within ${requestTimeout} ms how far its history goes back.`;
        throw unavailable(message, this.#failure);
      }
      this.#asking ??= this.#ask(revision).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return false;
  }

  #holds(answer: Answer | undefined): answer is Answer {
    return answer !== undefined && this.#options.clock.now() - answer.at <= validity;
  }

  async #ask(revision: number): Promise<void> {
    const { clock, requestTimeout, readAt } = this.#options;
    try {
      await readAt(revision, Math.max(100, requestTimeout / 5));
      this.#kept = { revision, at: clock.now() };
    } catch (error) {
      if (meaningOf(error) === 'compacted') this.#gone = { revision, at: clock.now() };
      else {
        this.#failure = messageOf(error);
        await pause(clock, retryPause);
      }
    }
  }
}
