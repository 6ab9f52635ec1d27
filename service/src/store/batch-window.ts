/**
 * A short wait for requests that are about to come: after a call that many shared, its callers' next requests arrive
 * one after the other. A call takes about as long for one request as for fifty, so to begin it without them would serve
 * a part of the callers at the price of all: two groups that take turns.
 */
import { type Clock, nextTurn } from './clock.ts';

/** Milliseconds without an arrival, after which no more are waited for. */
const quietTime = 1;
/** With fewer callers there is nothing to gain. */
const crowd = 4;

export class BatchWindow {
  readonly #clock: Clock;
  #arrivals = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #enough = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A caller arrived; `waiting` is how many wait now. */
  arrived(waiting: number): void {
    this.#arrivals++;
    if (waiting >= this.#wanted) this.#enough();
  }

  /**
   * Resolves when those of the last call are back, or no more seem to come, or after `most` milliseconds; at once when
   * they were few.
   */
  wait(waiting: number, served: number, most: number): Promise<void> | undefined {
    if (served < crowd) return undefined;
    return new Promise((resolve) => {
      const end = this.#clock.now() + most;
      let over = false;
      let cancel = () => {};
      const done = () => {
        over = true;
        this.#wanted = Number.POSITIVE_INFINITY;
        cancel();
        resolve();
      };
      const look = (seen: number) => {
        cancel = this.#clock.after(quietTime, async () => {
          // Answering many takes longer than that: what has arrived meanwhile is read after this timer.
          await nextTurn();
          if (over) return;
          if (this.#arrivals === seen || this.#clock.now() >= end) done();
          else look(this.#arrivals);
        });
      };
      look(this.#arrivals);
      this.#wanted = waiting + served;
      this.#enough = done;
    });
  }
}
