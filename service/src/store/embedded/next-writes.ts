/**
 * Which of the writes that wait share the next transaction. It is made in one turn of the event loop and flushed at once, and
 * every write in it waits for all of it: large ones are few, so that a small one never waits for tens of mebibytes.
 */
import { keyCost, largeWrite } from '../large-writes.ts';
import type { Pair } from '../store.ts';
import type { Write } from './write.ts';

/** Characters of the large writes in a transaction, one write that is larger excepted. */
const mostLarge = 1024 ** 2;

export interface NextWrites {
  readonly now: readonly Write[];
  /** In the order in which they came. */
  readonly later: Write[];
  /** There are large ones among those of now. */
  readonly hasLarge: boolean;
}

/**
 * All small ones, and behind them the oldest large ones; at least one of those, so that none waits for ever. Both in the order
 * in which they came. Requests that wait at the same time have no order among each other.
 * @param afterLarge the transaction before had large ones: small ones that wait have waited for those, and go alone
 */
export function nextWrites(waiting: readonly Write[], afterLarge: boolean): NextWrites {
  // The common case, without a copy: none is large.
  if (!waiting.some(isLarge)) return { now: waiting, later: [], hasLarge: false };
  const small = waiting.filter((write) => !isLarge(write));
  const others = waiting.filter(isLarge);
  if (afterLarge && small.length > 0) return { now: small, later: others, hasLarge: false };
  const oldest = others.slice(0, countOf(others));
  return { now: [...small, ...oldest], later: others.slice(oldest.length), hasLarge: true };
}

/** Of the oldest large ones that a transaction has room for. */
function countOf(others: readonly Write[]): number {
  let size = 0;
  const over = others.findIndex((write) => {
    size += sizeOf(write);
    return size > mostLarge;
  });
  return over < 0 ? others.length : Math.max(1, over);
}

function isLarge(write: Write): boolean {
  return sizeOf(write) >= largeWrite;
}

/** Of more than `mostLarge`, not all is counted. */
function sizeOf({ work }: Write): number {
  if (work.kind === 'set') return sizeOfPairs(work.pairs);
  if (work.kind === 'transaction') return sizeOfPairs(work.parts.pairs) + sizeOfKeys(work.parts.deletes);
  return sizeOfKeys(work.kind === 'increment' ? work.amounts.keys() : work.keys);
}

function sizeOfPairs(pairs: readonly Pair[]): number {
  let size = 0;
  for (const { key, value } of pairs) {
    size += keyCost + key.length + value.length;
    if (size > mostLarge) break;
  }
  return size;
}

function sizeOfKeys(keys: Iterable<string>): number {
  let size = 0;
  for (const key of keys) {
    size += keyCost + key.length;
    if (size > mostLarge) break;
  }
  return size;
}
