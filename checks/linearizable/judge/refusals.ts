/** Conditions that did not hold, although what they asked for certainly stood the whole time. */
import type { Operation } from '../history/operation.ts';
import { absent, gone } from '../history/registers.ts';
import type { Standing } from './chains.ts';

/** `standing`: when each value of the register was there. Every text is a violation. */
export function unexplained(
  operations: readonly Operation[],
  standing: ReadonlyMap<string | undefined, Standing>,
): string[] {
  const refused = operations.filter(({ kind }) => kind === 'refused');
  if (refused.length === 0) return [];
  const writes = operations.filter(({ kind }) => kind === 'write');
  // What no operation knows of can have begun at any time.
  const latestBegin = (value: string | undefined) => standing.get(value)?.latestBegin ?? Number.POSITIVE_INFINITY;
  const found: string[] = [];
  for (const { value, start, end } of refused) {
    if (value === absent) {
      const something = writes.some((write) => write.value !== gone && write.start <= end);
      if (!something) found.push(`something was said to be there, before the first write`);
      continue;
    }
    const own = standing.get(value);
    if (own === undefined || start <= own.latestBegin) continue;
    if (end >= own.earliestEnd) {
      if (own.replaced) continue;
      // Another value can have followed it before the refusal.
      if (writes.some((w) => w.value !== value && w.start <= end && latestBegin(w.value) >= own.earliestEnd)) continue;
    }
    found.push(`${value} was refused, although it was there from ${start} to ${end}`);
  }
  return found;
}
