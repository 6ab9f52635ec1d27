/** Pages of keys or pairs, and the link from one to the next. */
import { stringify } from 'node:querystring';
import type { Query } from '../requests/query.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { KeyFilter, Snapshot } from '../store/store.ts';

export interface PageEnd {
  /** Keys in the page. */
  readonly keys: readonly string[];
  /** True: more keys hold behind the page's last. */
  readonly more: boolean;
}

export interface PageOptions {
  readonly view: Snapshot;
  readonly filter: KeyFilter;
  /** Keys of a page: 10,000 of 1 KiB at the most. */
  readonly limit: number;
  readonly scheduler: EventLoopScheduler;
  /** Whether the client has left: a page for it is not worth looking for. */
  readonly isGone: () => boolean;
}

/** The keys of a page. Others have their turn meanwhile. */
export async function readPage({ view, filter, limit, scheduler, isGone }: PageOptions): Promise<PageEnd> {
  const keys: string[] = [];
  for (const key of view.search(filter)) {
    if (key === undefined) {
      await scheduler.goOn();
      if (isGone()) break;
      continue;
    }
    if (keys.length === limit) return { keys, more: true };
    keys.push(key);
  }
  return { keys, more: false };
}

/** RFC 8288: the same query, from the page's last key on. */
export function nextLink(path: string, query: Query, { keys, more }: PageEnd): readonly string[] {
  const last = keys.at(-1);
  if (!more || last === undefined) return [];
  return ['Link', `<${path}?${stringify({ ...query, after: last })}>; rel="next"`];
}
