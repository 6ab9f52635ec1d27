/** How soon after an overload an ordinary client is served as before. */
import { quantile } from '../../test-support/quantile.ts';
import type { Exchange } from './exchange.ts';

/** Milliseconds that are as good as any: below it a p99 reflects the garbage collector and other processes. */
const unnoticed = 50;

/** The p99 that counts as normal again: twice what it was before. */
export function normalTime(before: readonly Exchange[]): number {
  const times = before.map(({ took }) => took);
  return Math.max(unnoticed, 2 * (quantile(times, 0.99) ?? 0));
}

/**
 * Milliseconds from `end` to the first request from which on a whole second's requests were all answered with 200, their
 * p99 normal; undefined: there was none.
 */
export function recoveryTime(exchanges: readonly Exchange[], end: number, normal: number): number | undefined {
  const later = exchanges.filter(({ sent }) => sent >= end).toSorted((a, b) => a.sent - b.sent);
  const last = later.at(-1)?.sent ?? end;
  for (const { sent: start } of later) {
    if (start + 1000 > last) return undefined;
    const second = later.filter(({ sent }) => sent >= start && sent < start + 1000);
    const times = second.map(({ took }) => took);
    const p99 = quantile(times, 0.99) ?? 0;
    if (second.every(({ outcome }) => outcome === 200) && p99 <= normal) return start - end;
  }
  return undefined;
}
