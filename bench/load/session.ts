/** A load that is interrupted: its connections stay, and between two slices no request is under way. */
import { sum } from '../slices/statistics.ts';

export interface Slice {
  readonly answers: number;
  /** From its first request until its last answer. */
  readonly milliseconds: number;
}

/** What all slices of a session saw, those that no figure counts included. */
export interface Summary {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not 2xx, and connections that failed. */
  readonly errors: number;
}

export interface Session {
  slice(milliseconds: number): Promise<Slice>;
  end(): Promise<Summary>;
}

/** Answers a second in all of them: a slow one counts as much as it took. */
export function rateOf(slices: readonly Slice[]): number {
  return (sum(slices.map(({ answers }) => answers)) / sum(slices.map(({ milliseconds }) => milliseconds))) * 1000;
}
