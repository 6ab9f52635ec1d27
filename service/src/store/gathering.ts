/**
 * A short wait for requests that are about to come: after a call that many shared, its callers' next requests arrive
 * soon. Going on without them would serve only half of the callers a call: two groups that take turns.
 */
import type { Clock } from './clock.ts';

/** With fewer callers there is nothing to gain. */
const crowd = 4;

export class Gathering {
  readonly #clock: Clock;
  #wanted = Number.POSITIVE_INFINITY;
  #enough = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells that so many wait now. */
  arrived(waiting: number): void {
    if (waiting >= this.#wanted) this.#enough();
  }

  /**
   * Resolves when those of the last call are back, or after `patience` milliseconds; at once when they were few. Callers
   * wait about as long as a call takes for one more call: patience is a part of that.
   */
  wait(waiting: number, served: number, patience = 1): Promise<void> | undefined {
    if (served < crowd || waiting === 0) return undefined;
    return new Promise((resolve) => {
      const done = () => {
        this.#wanted = Number.POSITIVE_INFINITY;
        cancel();
        resolve();
      };
      const cancel = this.#clock.after(patience, done);
      this.#wanted = waiting + served;
      this.#enough = done;
    });
  }
}
