/** Exponential backoff with jitter. */
export interface BackoffOptions {
  /** Milliseconds before the first retry. */
  readonly baseMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxMs: number;
  /** A number in [0, 1), such as Math.random. */
  readonly random: () => number;
}

/**
 * Milliseconds to wait after so many failures in a row (1 or more): the base doubled each time, at most the maximum,
 * of which a random half is taken away so that callers who failed together do not come back together.
 */
export function backoffMs(failures: number, { baseMs, maxMs, random }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(ceiling * (0.5 + random() / 2));
}
