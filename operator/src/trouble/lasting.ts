/** For how long something has held without a break. What passes in a moment is no trouble. */
import type { Clock } from '../clock.ts';

export class Lasting {
  readonly #clock: Clock;
  /** By owner, then by what holds: since when. */
  readonly #since = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Milliseconds, by what holds now; what does not hold any more is forgotten.
   * @param before milliseconds for which what holds at the first look has held already
   */
  of(owner: string, holding: readonly string[], before = 0): ReadonlyMap<string, number> {
    const now = this.#clock.now();
    const known = this.#since.get(owner);
    const began = known === undefined ? now - before : now;
    const since = new Map(holding.map((what) => [what, known?.get(what) ?? began]));
    this.#since.set(owner, since);
    return new Map([...since].map(([what, at]) => [what, now - at]));
  }

  forget(owner: string): void {
    this.#since.delete(owner);
  }
}
