/** Keeps a number of calls under way for some time, and measures them. */
import { quantile } from '../../test-support/quantile.ts';

export interface Load {
  /** Calls a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly calls: number;
  readonly errors: number;
}

/** `call` gets the number of its caller, from 0 on, and the number of the call. */
export async function load(
  callers: number,
  milliseconds: number,
  call: (caller: number, count: number) => Promise<unknown>,
): Promise<Load> {
  const times: number[] = [];
  let errors = 0;
  let measuring = false;
  let stopped = false;
  let count = 0;
  const workers = Array.from({ length: callers }, async (_, caller) => {
    while (!stopped) {
      const start = performance.now();
      try {
        await call(caller, count++);
      } catch {
        errors++;
      }
      if (measuring) times.push(performance.now() - start);
    }
  });
  // Connections and compiled code first.
  await new Promise((resolve) => setTimeout(resolve, milliseconds / 4));
  measuring = true;
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  measuring = false;
  const seconds = (performance.now() - start) / 1000;
  stopped = true;
  await Promise.all(workers);
  const time = (q: number) => quantile(times, q) ?? Number.NaN;
  return { rate: times.length / seconds, p50: time(0.5), p99: time(0.99), calls: times.length, errors };
}
