/**
 * A short wait for requests that are about to come: after a call that many shared, its callers' next requests arrive
 * within a fraction of a millisecond. Sending without them would serve only half of the callers a call.
 */
import type { Clock } from '../clock.ts';

/** Milliseconds at most; the callers wait about as long for one more call. */
const patience = 1;
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

  /** Resolves when those of the last call are back, or after a millisecond; at once when they were few. */
  wait(waiting: number, served: number): Promise<void> | undefined {
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
