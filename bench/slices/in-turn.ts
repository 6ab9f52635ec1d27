/**
 * Candidates that are loaded in turn, a fraction of a second each, again and again: what else the machine does, or the
 * host does to a virtual machine, mostly lasts longer than that and so falls on all of them alike.
 */

/** A slice of `milliseconds`, or of a little more: a candidate ends when its last answer is there. */
export type Candidate<T> = (milliseconds: number) => Promise<T>;

/** Shorter ones measured closer: of two equal servers the ratio of 1.5 s each fell within 0.97 and 1.03, not 0.95 and 1.04. */
export const sliceMilliseconds = 50;

/** How often each has its turn to be loaded for so long altogether: once at least. */
export function turnsIn(seconds: number, length: number): number {
  return Math.max(1, Math.round((seconds * 1000) / length));
}

/** What each candidate's slices saw, in the order of the turns. */
export async function inTurn<T>(candidates: readonly Candidate<T>[], turns: number, length: number): Promise<T[][]> {
  const seen: T[][] = candidates.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const i of orderOf(turn, candidates.length)) {
      const slice = candidates[i] as Candidate<T>;
      seen[i]?.push(await slice(length));
    }
  }
  return seen;
}

/**
 * There and back, and another one first each time: in 2 * count turns each has each place equally often, and of two
 * neighbours each comes before the other equally often.
 */
export function orderOf(turn: number, count: number): number[] {
  const first = turn >> 1;
  const order = Array.from({ length: count }, (_, i) => (first + i) % count);
  return turn % 2 === 0 ? order : order.reverse();
}
