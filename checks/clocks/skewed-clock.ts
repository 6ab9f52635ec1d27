/** The clocks of a process that skewed-service.ts runs: they are changed while it runs, or is paused. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodeSkew, machineTime, monotonicAhead, type Skew, skewBytes } from './skew.ts';

/** The service as it ships, with such clocks. */
export const skewedService = fileURLToPath(new URL('skewed-service.ts', import.meta.url));

/** Names the file that skewed-service.ts reads. */
export const skewVariable = 'KV_CHECK_SKEW_FILE';

export class SkewedClock {
  readonly #file: string;
  readonly #fd: number;
  readonly #usual: number;
  #skew: Skew;

  /** @param rate of both clocks, as a rule */
  constructor(file: string, rate: number) {
    this.#file = file;
    this.#usual = rate;
    this.#fd = openSync(file, 'w');
    this.#skew = { since: machineTime(), ahead: 0, rate, wallAhead: 0, wallRate: rate };
    this.#write();
  }

  /** Of processes of skewed-service.ts, one after the other. */
  get environment(): Readonly<Record<string, string>> {
    return { [skewVariable]: this.#file };
  }

  /** From now on both clocks count so much in a millisecond, or each what it is given. */
  run(rate: number, wallRate = rate): void {
    const since = machineTime();
    this.#skew = { ...this.#skew, since, ahead: monotonicAhead(this.#skew, since), rate, wallRate };
    this.#write();
  }

  /** As `run`, with the rate that they have as a rule. */
  runAsUsual(): void {
    this.run(this.#usual);
  }

  /** The wall clock is so many milliseconds ahead of the machine's; 0: it is right. */
  setWall(ahead: number): void {
    this.#skew = { ...this.#skew, wallAhead: ahead };
    this.run(this.#skew.rate, this.#skew.wallRate);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(): void {
    writeSync(this.#fd, encodeSkew(this.#skew), 0, skewBytes, 0);
  }
}
