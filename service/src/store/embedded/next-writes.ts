/**
 * Which of the waiting writes share the next transaction. One turn of the event loop makes the transaction, one flush puts it on
 * the disk, and every write in it waits for all of it. So it has few large writes: a small one never waits for tens of mebibytes.
 */
import type { Pair } from '../store.ts';
import type { Write } from './write.ts';

/** Characters of the smallest write that counts as large. */
const large = 64 * 1024;

/** Characters of all large writes in a transaction. A single write may be larger. */
const mostLarge = 2 * 1024 ** 2;

export interface NextWrites {
  readonly now: readonly Write[];
  /** In the order in which they came. */
  readonly later: Write[];
}

/**
 * All small writes and the oldest large ones, at least one, so that none waits for ever; in the order in which they came.
 * A small write may overtake a large one: requests that wait at the same time have no order among each other.
 */
export function nextWrites(waiting: readonly Write[]): NextWrites {
  // The common case, without a copy: none is large.
  return waiting.some(isLarge) ? split(waiting) : { now: waiting, later: [] };
}

function split(waiting: readonly Write[]): NextWrites {
  let room = mostLarge;
  const now: Write[] = [];
  const later: Write[] = [];
  for (const write of waiting) {
    const size = sizeOf(write);
    if (size < large) {
      now.push(write);
    } else if (later.length === 0 && (room === mostLarge || size <= room)) {
      room -= size;
      now.push(write);
    } else {
      later.push(write);
    }
  }
  return { now, later };
}

function isLarge(write: Write): boolean {
  return sizeOf(write) >= large;
}

function sizeOf({ work }: Write): number {
  if (work.kind === 'set') return sizeOfPairs(work.pairs);
  return work.kind === 'transaction' ? sizeOfPairs(work.parts.pairs) : 0;
}

function sizeOfPairs(pairs: readonly Pair[]): number {
  let size = 0;
  for (const { key, value } of pairs) size += key.length + value.length;
  return size;
}
