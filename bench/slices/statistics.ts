/** What several rounds say together. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** NaN of no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  // The same one twice where there is one in the middle.
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { median: (low + high) / 2, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** The median, and in brackets the least and the most. */
export function spreadText(values: readonly number[], digits: number): string {
  const { median, least, most } = spreadOf(values);
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

export function median(values: readonly number[]): number {
  return spreadOf(values).median;
}

/**
 * What the median of all that might have been measured lies in with a probability of at least 95%, whatever their
 * distribution (the sign test's interval). Of fewer than six values no interval is that sure: infinite.
 */
export function intervalOfMedian(values: readonly number[]): [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  // How probable it is that no more than so many of them lie below it: a coin is tossed for each.
  let left = -1;
  let chosen = 2 ** -count;
  for (let below = chosen; below <= 0.025; below += chosen) {
    left++;
    chosen *= (count - left) / (left + 1);
  }
  return [sorted[left] ?? Number.NEGATIVE_INFINITY, sorted[count - 1 - left] ?? Number.POSITIVE_INFINITY];
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
