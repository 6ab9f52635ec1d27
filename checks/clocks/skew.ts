/** How far the clocks of a process are from those of the machine. Times are milliseconds. */

export interface Skew {
  /** When it began, by the machine's monotonic clock, which all processes share. */
  readonly since: number;
  /** How far the monotonic clock was ahead then. */
  readonly ahead: number;
  /** What the monotonic clock counts in a millisecond. */
  readonly rate: number;
  readonly wallAhead: number;
  readonly wallRate: number;
}

/** The wall clock is right again each time, so that times to live stay about right. */
const corrected = 10_000;

export function monotonicAhead({ since, ahead, rate }: Skew, now: number): number {
  return ahead + (rate - 1) * (now - since);
}

export function wallAhead(skew: Skew, now: number): number {
  return skew.wallAhead + (skew.wallRate - 1) * ((now - skew.since) % corrected);
}

/** The machine's monotonic clock. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const numbers = 6;
export const skewBytes = 8 * numbers;

/** `since` stands at both ends: a reader that meets half of a change sees that they differ. */
export function encodeSkew({ since, ahead, rate, wallAhead: wall, wallRate }: Skew): Uint8Array {
  return new Uint8Array(Float64Array.of(since, ahead, rate, wall, wallRate, since).buffer);
}

/** Undefined: half of a change. */
export function decodeSkew(bytes: Float64Array): Skew | undefined {
  const [since = 0, ahead = 0, rate = 1, wall = 0, wallRate = 1, again] = bytes;
  return since === again ? { since, ahead, rate, wallAhead: wall, wallRate } : undefined;
}
