/** For how long something has held without a break. What passes in a moment is no trouble. */
import type { Clock } from '../clock.ts';

export class Lasting {
  readonly #clock: Clock;
  /** By owner, then by what holds: since when. */
  readonly #since = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds, by what holds now; what does not hold any more is forgotten. */
  of(owner: string, holding: readonly string[]): ReadonlyMap<string, number> {
    const now = this.#clock.now();
    const before = this.#since.get(owner);
    const since = new Map(holding.map((what) => [what, before?.get(what) ?? now]));
    if (since.size === 0) this.#since.delete(owner);
    else this.#since.set(owner, since);
    return new Map([...since].map(([what, at]) => [what, now - at]));
  }

  forget(owner: string): void {
    this.#since.delete(owner);
  }
}
