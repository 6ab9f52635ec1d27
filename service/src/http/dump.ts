/** GET /: every pair, in order. */
import type { Middleware } from 'koa';
import type { Reader, Store } from '../store/store.ts';
import { jsonItems, linkNext, readPage } from './pages.ts';
import { parsePage, parseQuery, parseStale } from './query.ts';
import { pairText } from './set.ts';
import type { StreamJson } from './stream-json.ts';
import { splitTarget } from './target.ts';

export function dumpPairs(store: Store, stream: StreamJson): Middleware {
  return async (ctx) => {
    const parameters = parseQuery(splitTarget(ctx.req.url ?? '/').query);
    const { filter, limit } = parsePage(parameters);
    if (!parseStale(parameters)) await store.barrier();
    ctx.status = 200;
    // The store's revision stands for each of its pages as well: the same query at the same revision is the same text.
    ctx.set('ETag', `"${store.revision()}"`);
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    await stream(ctx, store, (view) => {
      ctx.set('ETag', `"${view.revision()}"`);
      if (limit === undefined) return jsonItems('{', texts(view.pairs(filter)), '}');
      const page = readPage(view, filter, limit);
      linkNext(ctx, '/', parameters, page);
      return jsonItems('{', pairsOf(view, page.keys), '}');
    });
  };
}

function* texts(pairs: ReturnType<Reader['pairs']>): Iterable<string> {
  for (const pair of pairs) yield pairText(pair);
}

function* pairsOf(view: Reader, keys: readonly string[]): Iterable<string> {
  for (const key of keys) {
    const entry = view.get(key);
    if (entry !== undefined) yield pairText({ key, value: entry.value });
  }
}
