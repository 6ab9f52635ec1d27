/** What a search finds, as the text of an answer. */
import { pairLine } from '@kvstore/core/pair-line.ts';
import { foldedObject, type Items, prefixLine } from '../../answers/folded.ts';
import { foundObject, keyList } from '../../answers/pairs.ts';
import { isFolded } from '../../store/fold.ts';
import type { Reader, SearchFilter } from '../../store/store.ts';

/**
 * A JSON array of keys or object of pairs; folded, an object of that and the prefixes. In pieces.
 * @param items those of the whole search, or an array: a page
 */
export function foundText(view: Reader, items: Items, filter: SearchFilter, values: boolean): Iterable<string> {
  const { fold } = filter;
  const list = (keys: Items) => (values ? foundObject(view, keys) : keyList(keys));
  if (fold === undefined) return list(items);
  const itemsBehind = Array.isArray(items) ? undefined : (after: string) => view.search({ ...filter, after });
  return foldedObject({ name: values ? 'pairs' : 'keys', fold, items, itemsBehind, list });
}

/** A line for each pair and each folded prefix, in one order. `isCounted`: a last line says how many came before it. */
export function* foundLines(view: Reader, items: Items, { fold }: SearchFilter, isCounted: boolean): Iterable<string> {
  let count = 0;
  for (const item of items) {
    const line = item === undefined ? '' : lineOf(view, item, isFolded(item, fold));
    if (line !== '') count++;
    yield line;
  }
  if (isCounted) yield countLine(count);
}

/** Empty: there is no such pair any more. */
function lineOf(view: Reader, item: string, isPrefix: boolean): string {
  if (isPrefix) return prefixLine(item);
  const entry = view.get(item);
  return entry === undefined ? '' : pairLine({ key: item, ...entry }, view.expires(item));
}

/** Proves that nothing is missing: HTTP/1.0 and a saved answer mark no end. */
export function countLine(count: number): string {
  return `{"count":${count}}\n`;
}
