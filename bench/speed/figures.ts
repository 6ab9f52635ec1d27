/** What a load saw, and what several rounds of it say together. */

export interface Figures {
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not 2xx, and connections that failed. */
  readonly errors: number;
  /** Microseconds of processor time that the serving processes took for an answer; NaN when nobody looked. */
  readonly cpu: number;
}

/** What the load itself can see. */
export type Seen = Omit<Figures, 'cpu'>;

export type Figure = 'rate' | 'p50' | 'p99' | 'cpu';

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least = Number.NaN] = sorted;
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
  return { median, least, most: sorted.at(-1) ?? Number.NaN };
}
