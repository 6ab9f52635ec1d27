/** Walks along the table of keys, in both directions: where they begin, and when others have their turn. */
import { startAt } from '@kvstore/core/data-folder/key-codec.ts';
import { compareKeys, maxKeyBytes } from '@kvstore/core/key.ts';
import { itemOf } from '../fold.ts';
import type { SearchFilter, Turn } from '../store.ts';

/** Keys that a walk looks at, a millisecond's work, before it says that others may have their turn. */
const keysPerTurn = 1000;

/** Counts a key that is looked at. True: others may have their turn, and the next one begins. */
export function isTurnOver(turn: Turn): boolean {
  if (++turn.looked < keysPerTurn) return false;
  turn.looked = 0;
  return true;
}

/** No key sorts below U+0001: a key has at least one character, and none is NUL. */
export const lowest = '\u0001';

/** Where a walk begins: at the first key that may hold, or shortly before it. LMDB takes no start of 1979 bytes. */
export function startOf(prefix: string, after: string | undefined): string {
  const behind = after === undefined ? '' : shortened(after);
  const start = compareKeys(behind, prefix) > 0 ? behind : prefix;
  return startAt(start === '' ? lowest : start);
}

/** Where a walk in the filter's direction begins, as `startOf`; undefined: at the end of the table. */
export function startOfWalk(filter: SearchFilter): string | undefined {
  const { prefix = '', after, reverse = false } = filter;
  if (!reverse) return startOf(prefix, after);
  const ends = [prefix === '' ? undefined : behindAll(prefix), after === undefined ? undefined : endOf(after)];
  const end = ends.reduce((a, b) => (a === undefined || (b !== undefined && compareKeys(b, a) < 0) ? b : a));
  return end === undefined ? undefined : startAt(end);
}

/** What the keys are before that a walk in reverse from `after` visits. */
function endOf(after: string): string | undefined {
  const text = shortened(after);
  return text === after ? text : behindAll(text);
}

/**
 * The filter with an `after` that is an item: a key below a folded prefix has passed that prefix, in both directions. No
 * item is between the two, so only whether the prefix itself comes in reverse depends on it.
 */
export function behindItem(filter: SearchFilter): SearchFilter {
  const { after, fold } = filter;
  return after === undefined || fold === undefined ? filter : { ...filter, after: itemOf(after, fold) };
}

/** Whether an item comes behind `after` in the direction of a walk. */
export function isBehind(item: string, after: string, reverse: boolean): boolean {
  const order = compareKeys(item, after);
  return reverse ? order < 0 : order > 0;
}

/** The first text in the order of keys behind all texts that begin with this one; undefined: there is none. */
export function behindAll(text: string): string | undefined {
  for (let end = text.length; end > 0; ) {
    const isPair = end > 1 && isSurrogate(text.charCodeAt(end - 1));
    const at = isPair ? end - 2 : end - 1;
    const point = text.codePointAt(at) as number;
    // No character is between U+D7FF and U+E000, and none behind U+10FFFF.
    if (point !== 0x10ffff) return text.slice(0, at) + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
    end = at;
  }
  return undefined;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** A text of no more bytes than a key has, and no key is between it and the text but those that begin with it. */
function shortened(text: string): string {
  if (!isLongerThanKeys(text)) return text;
  // A character that was cut in two shows as U+FFFD.
  return Buffer.from(text)
    .toString('utf8', 0, maxKeyBytes)
    .replace(/\ufffd+$/, '');
}

export function isLongerThanKeys(text: string): boolean {
  return text.length * 3 > maxKeyBytes && Buffer.byteLength(text) > maxKeyBytes;
}
