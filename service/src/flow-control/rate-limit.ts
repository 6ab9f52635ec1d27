/** So many a second, and no more: lines of a crowd that is refused must not fill a disk, nor scrapes a core. */
import { Allowance } from './allowance.ts';

export class RateLimit {
  readonly #allowance: Allowance;
  readonly #now: () => number;
  #leftOut = 0;

  /** `now` in milliseconds, monotonic. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#allowance = new Allowance(perSecond, now());
    this.#now = now;
  }

  /** How many were left out since the last one that was taken; undefined: this one is left out as well. */
  take(): number | undefined {
    if (!this.#allowance.take(this.#now())) {
      this.#leftOut++;
      return undefined;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
