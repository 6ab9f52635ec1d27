/** What a round of a row saw of a target. */

export interface Figures {
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not 2xx, and connections that failed. */
  readonly errors: number;
  /** Microseconds of processor time that the serving processes took for an answer; NaN when it was not measured. */
  readonly cpu: number;
}

export type Figure = Exclude<keyof Figures, 'errors'>;

/** A number that is no time of a request, where the table has those. */
export function single(figure: number): Figures {
  return { rate: Number.NaN, p50: figure, p99: figure, errors: 0, cpu: Number.NaN };
}
