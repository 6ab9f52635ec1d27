/** So much a second, saved up for one second at the most. What was spent already may be more than there was: a debt. */
export class Allowance {
  readonly perSecond: number;
  #left: number;
  #at: number;

  /** `now`: monotonic milliseconds, as of every method. */
  constructor(perSecond: number, now: number) {
    this.perSecond = perSecond;
    this.#left = perSecond;
    this.#at = now;
  }

  /** Takes one; false: there is none. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  isLeft(now: number): boolean {
    this.#refill(now);
    return this.#left >= 1;
  }

  /** Takes what has been used, which may leave a debt. */
  spend(amount: number, now: number): void {
    this.#refill(now);
    this.#left -= amount;
  }

  /** Whole ones that are left. */
  left(now: number): number {
    this.#refill(now);
    return Math.max(0, Math.floor(this.#left));
  }

  /** Whole seconds, at least 1, until there is one again. */
  secondsToNext(now: number): number {
    return this.#secondsTo(1, now);
  }

  /** Whole seconds, at least 1, until all of a second is saved up. */
  secondsToFull(now: number): number {
    return this.#secondsTo(this.perSecond, now);
  }

  #secondsTo(amount: number, now: number): number {
    this.#refill(now);
    return Math.max(1, Math.ceil((amount - this.#left) / this.perSecond));
  }

  #refill(now: number): void {
    this.#left = Math.min(this.perSecond, this.#left + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
  }
}
