/** Finds keys in the index's two tables: keys in order, and keys in the order of their ends. */
import { damagedKey, startAt } from '@kvstore/core/data-folder/key-codec.ts';
import { compareKeys, reverseKey } from '@kvstore/core/key.ts';
import type { Database } from 'lmdb';
import type { Damaged } from '../damage/damage.ts';
import { itemOf } from '../fold.ts';
import type { SearchFilter, Turn } from '../store.ts';
import { foldedItems } from './folded-items.ts';
import { behindItem, isBehind, isLongerThanKeys, isTurnOver, startOfWalk } from './key-range.ts';
import type { Reads } from './snapshot-reads.ts';

/** Matches of a suffix that are gathered and sorted; beyond it the keys are walked in order instead, in flat memory. */
const maxSorted = 20_000;

/** Whether the key is gone although it is still in the tables. */
export type Expired = (key: string) => boolean;

/** How many keys there are in a state. */
export type KeyCount = (read: Reads) => number;

export interface KeySearchOptions {
  readonly forward: Database<unknown, string>;
  readonly reversed: Database<unknown, string>;
  readonly damaged: Damaged;
  readonly count: KeyCount;
}

export class KeySearch {
  readonly #forward: Database<unknown, string>;
  /** Searched by reversed texts; gives the keys themselves (see reversedCodec). */
  readonly #reversed: Database<unknown, string>;
  readonly #fewBy: { readonly prefix: Range; readonly suffix: Range };
  readonly #damaged: Damaged;
  readonly #count: KeyCount;

  constructor({ forward, reversed, damaged, count }: KeySearchOptions) {
    this.#forward = forward;
    this.#count = count;
    this.#reversed = reversed;
    this.#damaged = damaged;
    this.#fewBy = { prefix: rangeOf(forward), suffix: rangeOf(reversed) };
  }

  /** See Store.searchBounded. */
  searchBounded(
    by: 'prefix' | 'suffix',
    text: string,
    most: number,
    expired: Expired | undefined,
  ): string[] | undefined {
    if (isLongerThanKeys(text)) return [];
    const isPrefix = by === 'prefix';
    const { options, keys } = this.#fewBy[by];
    options.start = startAt(isPrefix ? text : reverseKey(text));
    const matches: string[] = [];
    let looked = 0;
    for (const key of keys) {
      if (key === damagedKey) throw this.#damaged('key', matches.at(-1));
      if (!(isPrefix ? key.startsWith(text) : key.endsWith(text))) break;
      if (++looked > most) return undefined;
      if (!expired?.(key)) matches.push(key);
    }
    return isPrefix ? matches : sorted(matches);
  }

  /** See Reader.search. */
  *search(
    asked: SearchFilter,
    read: Reads,
    expired: Expired | undefined,
    turn: Turn = { looked: 0 },
  ): Iterable<string | undefined> {
    const filter = behindItem(asked);
    const { prefix = '', suffix = '', contains = '', after, reverse = false, fold } = filter;
    if (isLongerThanKeys(prefix) || isLongerThanKeys(suffix) || isLongerThanKeys(contains)) return;
    if (suffix !== '') {
      const matches = yield* this.#sortedMatches(filter, read, turn);
      if (matches !== undefined) return yield* itemsOf(matches, filter, expired);
    }
    if (fold !== undefined) {
      const holds = (key: string) => hasTexts(key, suffix, contains) && !expired?.(key);
      const keysFrom = (start: string | undefined) => this.#keysFrom(start, reverse, read);
      return yield* foldedItems({ keysFrom, filter, fold, holds, turn, damaged: this.#damaged });
    }
    let looked = 0;
    let last: string | undefined;
    for (const key of this.#keysFrom(startOfWalk(filter), reverse, read)) {
      if (key === damagedKey) throw this.#damaged('key', reverse ? undefined : last);
      last = key;
      looked++;
      if (isTurnOver(turn)) yield undefined;
      if (after !== undefined && !isBehind(key, after, reverse)) continue;
      if (!key.startsWith(prefix)) return;
      if (hasTexts(key, suffix, contains) && !expired?.(key)) yield key;
    }
    // A page that has lost some of its keys is seen only by counting all of them.
    if (prefix === '' && after === undefined && looked !== this.#count(read)) throw this.#damaged('count');
  }

  /** `start` undefined: from the end that the direction begins at. */
  #keysFrom(start: string | undefined, reverse: boolean, read: Reads): Iterable<string> {
    const options = read.options();
    // In reverse, lmdb's default end is no text.
    return read.walk(this.#forward.getKeys({ start: start as string, end: undefined, reverse, ...options }));
  }

  /** The keys with a suffix, sorted; undefined when a walk along the prefix looks at fewer keys or takes less memory. */
  *#sortedMatches(filter: SearchFilter, read: Reads, turn: Turn): Generator<undefined, string[] | undefined> {
    const { prefix = '', suffix = '', contains = '', after, reverse = false, fold } = filter;
    const matches: string[] = [];
    const alongPrefix =
      prefix === '' ? undefined : this.#keysFrom(startOfWalk(filter), reverse, read)[Symbol.iterator]();
    try {
      let steps = 0;
      for (const key of read.walk(this.#reversed.getKeys({ start: startAt(reverseKey(suffix)), ...read.options() }))) {
        if (key === damagedKey) throw this.#damaged('key', matches.at(-1));
        if (!key.endsWith(suffix)) break;
        // Both walks advance in step: the shorter one decides, so a search costs no more than twice the better way.
        if (alongPrefix !== undefined) {
          const step = alongPrefix.next();
          // A damaged key is met on the way that follows.
          if (step.done || !step.value.startsWith(prefix)) return undefined;
        }
        if (++steps > maxSorted) return undefined;
        if (isTurnOver(turn)) yield undefined;
        if (!key.startsWith(prefix) || !hasTexts(key, '', contains)) continue;
        if (after !== undefined && !isBehind(itemOf(key, fold), after, reverse)) continue;
        matches.push(key);
      }
    } finally {
      alongPrefix?.return?.();
    }
    return sorted(matches);
  }
}

/** Most searches are by one text. */
function hasTexts(key: string, suffix: string, contains: string): boolean {
  return (suffix === '' || key.endsWith(suffix)) && (contains === '' || key.includes(contains));
}

/** @param keys in order */
function* itemsOf(
  keys: string[],
  { fold, reverse = false }: SearchFilter,
  expired: Expired | undefined,
): Iterable<string> {
  let last: string | undefined;
  for (const key of reverse ? keys.reverse() : keys) {
    if (expired?.(key)) continue;
    const item = itemOf(key, fold);
    if (item !== last) yield item;
    last = item;
  }
}

interface Range {
  /** Where the next walk along `keys` begins. */
  readonly options: { start: string };
  readonly keys: Iterable<string>;
}

/** One range for all walks of one state: what lmdb makes for each range takes as long as reading several keys. */
function rangeOf(table: Database<unknown, string>): Range {
  const options = { start: '' };
  return { options, keys: table.getKeys(options) };
}

/** In the order of keys. Without surrogates the order of UTF-16 is that of UTF-8, and several times as fast to sort by. */
function sorted(keys: string[]): string[] {
  return keys.some((key) => /[\ud800-\udfff]/.test(key)) ? keys.sort(compareKeys) : keys.sort();
}

export function* found(search: Iterable<string | undefined>): Iterable<string> {
  for (const key of search) if (key !== undefined) yield key;
}
