/** Notices that this process did not run for a while: it was paused, or got no processor. Others are not to blame for it. */
import type { Clock } from '../../../clock.ts';

/** Milliseconds between looks at the clock. */
const interval = 250;
/** Milliseconds by which a look is late after a pause: garbage collection takes less. */
const shortest = 200;

export class OwnPauses {
  readonly #clock: Clock;
  #endedAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks for as long as it is needed. */
  watch(isNeeded: () => boolean): void {
    if (this.#cancel !== undefined || !isNeeded()) return;
    const due = this.#clock.now() + interval;
    this.#cancel = this.#clock.after(interval, () => {
      this.#cancel = undefined;
      const now = this.#clock.now();
      if (now >= due + shortest) this.#endedAt = now;
      this.watch(isNeeded);
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Did a pause end in so many milliseconds before now? */
  endedWithin(milliseconds: number): boolean {
    return this.#clock.now() < this.#endedAt + milliseconds;
  }
}
