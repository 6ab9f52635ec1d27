/** Time, as a parameter: so that no test has to wait. */
import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
};
