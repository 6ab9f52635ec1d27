/** So many lines a second, and no more: a client that is refused a thousand times a second must not fill a disk. */
import type { Clock } from '../store/clock.ts';

export class LineBudget {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #left: number;
  #at: number;
  #dropped = 0;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#left = perSecond;
    this.#at = clock.now();
  }

  /** How many lines were left out since the last one that was written; undefined: this one is left out as well. */
  take(): number | undefined {
    const now = this.#clock.now();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) {
      this.#dropped++;
      return undefined;
    }
    this.#left--;
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
