/** Pages of keys or pairs, and the link from one to the next. */
import { stringify } from 'node:querystring';
import type { Query } from '../../requests/query.ts';
import type { Hold } from './long-read.ts';
import { type Walk, walkKeys } from './walk-keys.ts';

export interface PageEnd {
  /** Keys in the page. */
  readonly keys: readonly string[];
  /** True: more keys hold behind the page's last. */
  readonly more: boolean;
}

/** Bytes of memory that a key takes beside its own. */
const bytesPerKey = 32;

/** Bytes of memory that a key takes, at two bytes a character. */
export function bytesOfKey(key: string): number {
  return bytesPerKey + 2 * key.length;
}

/**
 * The keys of a page: 10,000 of 1 KiB at the most.
 * @param hold is called with the bytes of each key, before it is kept; throws when there is no room
 */
export async function readPage(walk: Walk, limit: number, hold: Hold): Promise<PageEnd> {
  const keys: string[] = [];
  let more = false;
  await walkKeys(walk, (key) => {
    more = keys.length === limit;
    if (more) return false;
    hold(bytesOfKey(key));
    keys.push(key);
    return true;
  });
  return { keys, more };
}

/** RFC 8288: the same query, from the page's last key on. */
export function nextLink(path: string, query: Query, { keys, more }: PageEnd): readonly string[] {
  const last = keys.at(-1);
  if (!more || last === undefined) return [];
  return ['Link', `<${path}?${stringify({ ...query, after: last })}>; rel="next"`];
}
