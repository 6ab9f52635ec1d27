/** What the loading process is given, and what it reports. */

export interface LoadOptions {
  readonly port: number;
  readonly seconds: number;
  /** Requests a second; undefined: as many as are answered. */
  readonly rate?: number;
  /** At the most at once. */
  readonly connections: number;
}

export interface Times {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadReport {
  readonly offered: number;
  /** Unix milliseconds. */
  readonly lastSent: number;
  /** 200 */
  readonly answered: Times;
  /** 503 */
  readonly refused: Times;
  readonly withoutRetryAfter: number;
  /** Everything else, by status or error. */
  readonly others: Readonly<Record<string, number>>;
}
