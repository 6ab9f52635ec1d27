/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../src/store/clock.ts';

export class ManualClock implements Clock {
  #now = 0;
  readonly #waiting = new Set<{ readonly due: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const entry = { due: this.#now + milliseconds, callback };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  /** Some day in 2023, and as much later as has passed. */
  wall(): number {
    return 1_700_000_000_000 + this.#now;
  }

  /** What is being waited for. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Lets time pass, and calls whatever is due then. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const entry of [...this.#waiting]) {
      if (entry.due > this.#now || !this.#waiting.delete(entry)) continue;
      entry.callback();
    }
  }
}
