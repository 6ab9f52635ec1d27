/** Finds keys by prefix, by suffix or by both, in the index's two tables: keys in order, and keys in the order of their ends. */
import { damagedKey, startAt } from '@kvstore/core/data-folder/key-codec.ts';
import { compareKeys, maxKeyBytes, reverseKey } from '@kvstore/core/key.ts';
import type { Database } from 'lmdb';
import type { Damaged } from '../damage/damage.ts';
import type { KeyFilter } from '../store.ts';
import type { Reads } from './snapshot-reads.ts';

/** Matches of a suffix that are gathered and sorted; beyond it the keys are walked in order instead, in flat memory. */
const maxSorted = 20_000;

/** Keys that a search looks at, a millisecond's work, before it says that others may have their turn. */
const keysPerTurn = 1000;

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
    { prefix = '', suffix = '', after }: KeyFilter,
    read: Reads,
    expired: Expired | undefined,
  ): Iterable<string | undefined> {
    if (isLongerThanKeys(prefix) || isLongerThanKeys(suffix)) return;
    if (suffix !== '') {
      const matches = yield* this.#sortedMatches({ prefix, suffix, after }, read);
      if (matches !== undefined) {
        for (const key of matches) if (!expired?.(key)) yield key;
        return;
      }
    }
    let looked = 0;
    let last: string | undefined;
    for (const key of read.walk(this.#forward.getKeys({ start: startOf(prefix, after), ...read.options() }))) {
      if (key === damagedKey) throw this.#damaged('key', last);
      last = key;
      if (++looked % keysPerTurn === 0) yield undefined;
      if (after !== undefined && compareKeys(key, after) <= 0) continue;
      if (!key.startsWith(prefix)) return;
      if (key.endsWith(suffix) && !expired?.(key)) yield key;
    }
    // A page that has lost some of its keys is seen only by counting all of them.
    if (prefix === '' && after === undefined && looked !== this.#count(read)) throw this.#damaged('count');
  }

  /** The keys with a suffix, sorted; undefined when a walk along the prefix looks at fewer keys or takes less memory. */
  *#sortedMatches(
    { prefix = '', suffix = '', after }: KeyFilter,
    read: Reads,
  ): Generator<undefined, string[] | undefined> {
    const matches: string[] = [];
    const alongPrefix =
      prefix === ''
        ? undefined
        : read.walk(this.#forward.getKeys({ start: startOf(prefix, after), ...read.options() }))[Symbol.iterator]();
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
        if (steps % keysPerTurn === 0) yield undefined;
        if (!key.startsWith(prefix) || (after !== undefined && compareKeys(key, after) <= 0)) continue;
        matches.push(key);
      }
    } finally {
      alongPrefix?.return?.();
    }
    return sorted(matches);
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

/** No key sorts below U+0001: a key has at least one character, and none is NUL. */
export const lowest = '\u0001';

/** Where a walk begins: at the first key that may hold, or shortly before it. LMDB takes no start of 1979 bytes. */
export function startOf(prefix: string, after: string | undefined): string {
  const behind = after === undefined ? '' : shortened(after);
  const start = compareKeys(behind, prefix) > 0 ? behind : prefix;
  return startAt(start === '' ? lowest : start);
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
