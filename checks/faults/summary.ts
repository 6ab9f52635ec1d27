/** What a run comes to. */
import { inspect } from 'node:util';
import type { Operation } from '../linearizable/history/operation.ts';

export interface Summary {
  readonly seconds: number;
  readonly operations: number;
  /** Writes whose outcome no client learned. */
  readonly unknown: number;
  /** Operations that were refused or lost, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Faults injected, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly impossible: readonly string[];
  /** Why the run ended early: the system did not recover from a fault within half a minute. */
  readonly failure: unknown;
  /** Whole seconds in which no operation was answered. */
  readonly unavailable: number;
  /** The longest time without an answered operation, in seconds. */
  readonly longestGap: number;
  /** Keys that had a time to live, and reads that said something about their deadlines. */
  readonly expiring: { readonly keys: number; readonly judged: number };
  /** Increments and reads of counters. */
  readonly counted: number;
  /** Watch events that clients applied to a copy of the store, and comparisons of a whole copy with the store. */
  readonly mirrored: { readonly events: number; readonly compared: number };
  /**
   * What linearizability forbids: an acknowledged write that is gone, an increment that is lost or doubled, an old or torn
   * answer, replicas that differ, an entity tag of another value; what is shown after its deadline, or gone before; and
   * what a watch lost or repeated.
   */
  readonly lostOrStale: readonly string[];
}

/** Seconds without an answer: `start` and the times are milliseconds of one clock. */
export function availability(
  history: readonly Operation[],
  start: number,
  end: number,
): Pick<Summary, 'unavailable' | 'longestGap'> {
  const times = history
    .map((operation) => operation.end)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const answered = new Set(times.map((time) => Math.floor((time - start) / 1000)));
  const seconds = Array.from({ length: Math.floor((end - start) / 1000) }, (_, second) => second);
  let longest = 0;
  let last = start;
  for (const time of [...times, end]) {
    longest = Math.max(longest, time - last);
    last = time;
  }
  return {
    unavailable: seconds.filter((second) => !answered.has(second)).length,
    longestGap: Math.round(longest / 100) / 10,
  };
}

/** The summary as lines of text. */
export function summaryText(summary: Summary): string {
  const { seconds, operations, unknown, refused, faults, impossible, unavailable, longestGap } = summary;
  const { failure, expiring, counted, mirrored, lostOrStale } = summary;
  const total = Object.values(faults).reduce((sum, count) => sum + count, 0);
  return [
    `operations: ${operations} in ${seconds} s; refused or lost: ${JSON.stringify(refused)}; writes of unknown outcome: ${unknown}`,
    `with a time to live: ${expiring.keys} keys; reads that were held against a deadline: ${expiring.judged}`,
    `increments and reads of counters: ${counted}`,
    `watch events: ${mirrored.events}; copies that were compared with the store: ${mirrored.compared}`,
    `faults: ${total}`,
    ...Object.entries(faults).map(([name, count]) => `  ${String(count).padStart(4)}  ${name}`),
    ...impossible.map((kind) => `not possible on this machine: ${kind}`),
    `unavailable: ${unavailable} s; longest time without an answer: ${longestGap} s`,
    ...(failure === undefined ? [] : [inspect(failure)]),
    `lost or stale: ${lostOrStale.length}`,
    ...lostOrStale.slice(0, 20).map((violation) => `  ${violation}`),
  ].join('\n');
}
