/** Places for what holds its connection for long: watches, and reads that wait for a change. They count together. */
import { overloaded } from '@kvstore/core/problem.ts';

export class WatchPlaces {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Throws Problem `overloaded` when there is no place. */
  check(): void {
    if (this.#taken < this.#most) return;
    throw overloaded(`${this.#most} watches and reads that wait are open already.`);
  }

  /** Returns what gives the place back; called again, it does nothing. Throws Problem `overloaded`. */
  take(): () => void {
    this.check();
    this.#taken++;
    let isHeld = true;
    return () => {
      if (isHeld) this.#taken--;
      isHeld = false;
    };
  }
}
