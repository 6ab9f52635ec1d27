/** Pages of keys or pairs, and the link from one to the next. */
import { setImmediate } from 'node:timers/promises';
import type { Context } from 'koa';
import type { KeyFilter, Pair, Reader, Snapshot, VersionedPair } from '../store/store.ts';
import { pairText } from './set.ts';

export interface PageEnd {
  /** Keys in the page. */
  readonly keys: readonly string[];
  /** True: more keys hold behind the page's last. */
  readonly more: boolean;
}

/** The keys of a page: at most `limit` (10,000 keys of 1 KiB at the most). Others have their turn meanwhile. */
export async function readPage(view: Snapshot, filter: KeyFilter, limit: number): Promise<PageEnd> {
  const keys: string[] = [];
  for (const key of view.search(filter)) {
    if (key === undefined) {
      await setImmediate();
      continue;
    }
    if (keys.length === limit) return { keys, more: true };
    keys.push(key);
  }
  return { keys, more: false };
}

/** RFC 8288: the same query, from the page's last key on. */
export function linkNext(ctx: Context, path: string, parameters: URLSearchParams, { keys, more }: PageEnd): void {
  const last = keys.at(-1);
  if (!more || last === undefined) return;
  const next = new URLSearchParams(parameters);
  next.set('after', last);
  ctx.append('Link', `<${path}?${next}>; rel="next"`);
}

/** The items between brackets, with commas between them; an empty one is none, and is passed on. */
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

/** A JSON object of the pairs. */
export function* pairObject(pairs: Iterable<Pair>): Iterable<string> {
  yield* jsonItems('{', texts(pairs), '}');
}

function* texts(pairs: Iterable<Pair>): Iterable<string> {
  for (const pair of pairs) yield pairText(pair);
}

/** A JSON object of the pairs that a search finds. */
export function* foundObject(view: Reader, search: Iterable<string | undefined>): Iterable<string> {
  yield* jsonItems('{', foundTexts(view, search), '}');
}

function* foundTexts(view: Reader, search: Iterable<string | undefined>): Iterable<string> {
  for (const key of search) {
    const entry = key === undefined ? undefined : view.get(key);
    yield key === undefined || entry === undefined ? '' : pairText({ key, value: entry.value });
  }
}

/** The pairs of keys that are still there. */
export function* pairsOf(view: Reader, keys: readonly string[]): Iterable<VersionedPair> {
  for (const key of keys) {
    const entry = view.get(key);
    if (entry !== undefined) yield { key, value: entry.value, version: entry.version };
  }
}
