/** Keys and pairs as JSON texts. */
import type { Pair, Reader, VersionedPair } from '../store/store.ts';

/** A pair as a member of a JSON object. */
export function pairText({ key, value }: Pair): string {
  return `${JSON.stringify(key)}:${value}`;
}

/** A JSON object of the pairs, in pieces. */
export function* pairObject(pairs: Iterable<Pair>): Iterable<string> {
  yield* jsonItems('{', texts(pairs), '}');
}

/** A JSON array of the keys, in pieces. */
export function keyList(keys: Iterable<string | undefined>): Iterable<string> {
  return jsonItems('[', keyTexts(keys), ']');
}

/** A JSON object of the pairs that a search finds, in pieces. */
export function* foundObject(view: Reader, search: Iterable<string | undefined>): Iterable<string> {
  yield* jsonItems('{', foundTexts(view, search), '}');
}

/** The pairs of keys that are still there. */
export function* pairsOf(view: Reader, keys: readonly string[]): Iterable<VersionedPair> {
  for (const key of keys) {
    const entry = view.get(key);
    if (entry !== undefined) yield { key, value: entry.value, version: entry.version };
  }
}

function* texts(pairs: Iterable<Pair>): Iterable<string> {
  for (const pair of pairs) yield pairText(pair);
}

function* keyTexts(keys: Iterable<string | undefined>): Iterable<string> {
  for (const key of keys) yield key === undefined ? '' : JSON.stringify(key);
}

function* foundTexts(view: Reader, search: Iterable<string | undefined>): Iterable<string> {
  for (const key of search) {
    const entry = key === undefined ? undefined : view.get(key);
    yield key === undefined || entry === undefined ? '' : pairText({ key, value: entry.value });
  }
}

/** The items between brackets, with commas between them. An empty piece is no item, and is passed on. */
export function* jsonItems(open: string, items: Iterable<string>, close: string): Iterable<string> {
  let before = open;
  for (const item of items) {
    if (item === '') {
      yield '';
      continue;
    }
    yield before + item;
    before = ',';
  }
  yield before === open ? open + close : close;
}
