/** How long a replica takes no lease after one that ended badly, so that a lasting fault does not stall writes again and again. */
import type { Clock } from '../../clock.ts';
import type { LeaseEnd } from './reader-metrics.ts';

/** Milliseconds after the first notice; doubled by each that follows. */
const first = 10_000;
const most = 300_000;
/** After any other end. */
const short = 1000;

export class BackOff {
  readonly #clock: Pick<Clock, 'now'>;
  #next = first;
  #until = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get isOver(): boolean {
    return this.#clock.now() >= this.#until;
  }

  /** A lease has ended that lasted so many milliseconds. */
  ended(reason: LeaseEnd, lasted: number): void {
    if (lasted >= most) this.#next = first;
    const isBad = reason === 'noticed' || reason === 'removed' || reason === 'failed';
    this.#until = this.#clock.now() + (isBad ? this.#next : short);
    if (isBad) this.#next = Math.min(most, 2 * this.#next);
  }
}
