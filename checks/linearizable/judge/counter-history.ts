/**
 * What clients did with a counter that is only ever incremented by 1, and whether one order explains it. Each sum names
 * its place in that order, so it is enough that no sum comes twice, that sums rise with time, and that each number that no
 * answer has is that of an increment whose outcome is not known.
 */

export interface Counted {
  readonly kind: 'increment' | 'read';
  /** The sum that was answered, or what was read: 0 for nothing. Undefined: the outcome is not known. */
  readonly value: number | undefined;
  /** Milliseconds. */
  readonly start: number;
  /** Infinity: the outcome is not known. */
  readonly end: number;
}

/** One text for each violation; none: it is linearizable. The last read is behind everything else, and sees the end. */
export function counterViolations(history: readonly Counted[]): string[] {
  const increments = history.filter(({ kind }) => kind === 'increment');
  const answered = increments.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const unknown = increments.length - answered.length;
  const found: string[] = [];
  const sums = new Set<number>();
  for (const sum of answered) {
    if (sums.has(sum)) found.push(`two increments were answered with ${sum}`);
    sums.add(sum);
  }
  const seen = history.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const most = Math.max(0, ...seen);
  // Those that were done and not answered.
  const silent = most - sums.size;
  if (silent > unknown)
    found.push(`${most} was reached by ${sums.size} answered increments and ${unknown} unknown ones`);
  return [...found, ...backwards(history)];
}

/** What began when something was over, and shows an earlier moment. */
function backwards(history: readonly Counted[]): string[] {
  const known = history.filter((one): one is Counted & { readonly value: number } => one.value !== undefined);
  const ended = [...known].sort((a, b) => a.end - b.end);
  const begun = [...known].sort((a, b) => a.start - b.start);
  const found: string[] = [];
  let newest = 0;
  let next = 0;
  for (const { kind, value, start } of begun) {
    for (let before = ended[next]; before !== undefined && before.end < start; before = ended[++next]) {
      newest = Math.max(newest, before.value);
    }
    const isBehind = kind === 'increment' ? value > newest : value >= newest;
    if (!isBehind) found.push(`${kind} of ${value}, although ${newest} had been answered before`);
  }
  return found;
}
