/**
 * The time by which a lease is trusted. A monotonic clock stands still while some machines are suspended, and the wall
 * clock may be put back: since the last check was sent, as much time has passed as either of them says (ADR 0290, R2).
 */
import type { Clock } from '../../clock.ts';

export class LeaseClock {
  readonly #clock: Pick<Clock, 'now' | 'wall'>;
  /** Both clocks when the last check was sent, and the time then. */
  #base: { readonly now: number; readonly wall: number; readonly time: number };
  #newest = 0;

  constructor(clock: Pick<Clock, 'now' | 'wall'>) {
    this.#clock = clock;
    this.#base = { now: clock.now(), wall: clock.wall(), time: 0 };
  }

  /** Milliseconds that only ever grow. */
  now(): number {
    const { now, wall, time } = this.#base;
    const passed = Math.max(this.#clock.now() - now, this.#clock.wall() - wall);
    this.#newest = Math.max(this.#newest, time + passed);
    return this.#newest;
  }

  /** A check is sent now. Returns the time. */
  mark(): number {
    const time = this.now();
    this.#base = { now: this.#clock.now(), wall: this.#clock.wall(), time };
    return time;
  }
}
