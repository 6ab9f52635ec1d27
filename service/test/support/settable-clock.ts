/** A clock whose wall time a test sets; timers run as they do. */
import { type Clock, systemClock } from '../../src/store/clock.ts';

export class SettableClock implements Clock {
  #ahead = 0;

  now(): number {
    return systemClock.now();
  }

  wall(): number {
    return systemClock.wall() + this.#ahead;
  }

  after(milliseconds: number, callback: () => void): () => void {
    return systemClock.after(milliseconds, callback);
  }

  /** Moves the wall clock. */
  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
