/** A walk along keys that are folded: those below a folded prefix are skipped. */
import { damagedKey, startAt } from '@kvstore/core/data-folder/key-codec.ts';
import type { Damaged } from '../damage/damage.ts';
import { type Fold, isFolded, itemOf } from '../fold.ts';
import type { SearchFilter, Turn } from '../store.ts';
import { behindAll, isBehind, isTurnOver, startOfWalk } from './key-range.ts';

/** Keys of a folded prefix that are passed one by one, before the walk begins anew behind it: that takes as long as these. */
const passedAtMost = 8;

export interface FoldedWalk {
  /** The keys from a start on (startOfWalk), in the filter's direction. */
  readonly keysFrom: (start: string | undefined) => Iterable<string>;
  readonly filter: SearchFilter;
  readonly fold: Fold;
  /** The conditions of the filter beside prefix and `after`, and whether the key has not expired. */
  readonly holds: (key: string) => boolean;
  readonly turn: Turn;
  readonly damaged: Damaged;
}

/** See Reader.search. Throws Problem `data-corrupted`. */
export function* foldedItems({
  keysFrom,
  filter,
  fold,
  holds,
  turn,
  damaged,
}: FoldedWalk): Iterable<string | undefined> {
  const { prefix = '', after, reverse = false } = filter;
  for (let start = startOfWalk(filter); ; ) {
    /** The item that the keys which follow are folded into, and how many were. */
    let folded: string | undefined;
    let passed = 0;
    let isAtEnd = true;
    for (const key of keysFrom(start)) {
      if (key === damagedKey) throw damaged('key');
      if (isTurnOver(turn)) yield undefined;
      if (folded !== undefined && key.startsWith(folded)) {
        if (++passed < passedAtMost) continue;
        isAtEnd = false;
        break;
      }
      folded = undefined;
      if (!key.startsWith(prefix)) return;
      const item = itemOf(key, fold);
      const isAsked = after === undefined || isBehind(item, after, reverse);
      if (isAsked && !holds(key)) continue;
      if (isFolded(item, fold)) {
        folded = item;
        passed = 0;
      }
      if (isAsked) yield item;
    }
    if (isAtEnd || folded === undefined) return;
    const next = reverse ? folded : behindAll(folded);
    if (next === undefined) return;
    start = startAt(next);
  }
}
