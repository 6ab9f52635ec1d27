/** A process's wall clock that jumps. Its timers and its monotonic clock are left alone. */
import { SkewedClock } from '../clocks/skewed-clock.ts';

export class JumpingClock {
  /** When it was not the machine's: Unix milliseconds; Infinity: it still is not. */
  readonly jumps: { readonly start: number; end: number }[] = [];
  readonly #clock: SkewedClock;

  constructor(file: string) {
    this.#clock = new SkewedClock(file, 1);
  }

  /** Of the environment of skewed-service.ts. */
  get environment(): Readonly<Record<string, string>> {
    return this.#clock.environment;
  }

  /** Seconds that it is ahead of the machine's clock from now on; 0: it is right. */
  jump(seconds: number): void {
    const last = this.jumps.at(-1);
    if (seconds !== 0 && last?.end !== Number.POSITIVE_INFINITY) {
      this.jumps.push({ start: Date.now(), end: Number.POSITIVE_INFINITY });
    }
    this.#clock.setWall(seconds * 1000);
    if (seconds === 0 && last !== undefined) last.end = Math.min(last.end, Date.now());
  }

  close(): void {
    this.#clock.close();
  }
}
