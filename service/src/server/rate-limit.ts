/** So many a second, and no more: lines of a crowd that is refused must not fill a disk, nor scrapes a core. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;
  #leftOut = 0;

  /** `now` in milliseconds, monotonic. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#at = now();
  }

  /** How many were left out since the last one that was taken; undefined: this one is left out as well. */
  take(): number | undefined {
    const now = this.#now();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) {
      this.#leftOut++;
      return undefined;
    }
    this.#left--;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
