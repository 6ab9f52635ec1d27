/** GET /search: keys by prefix, suffix or both; with values=true, their pairs. */
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { tellAge } from './age.ts';
import { viewTag } from './entity-tag.ts';
import { foundObject, jsonItems, linkNext, readPage } from './pages.ts';
import { parseFlag, parsePage, parseQuery, parseStale, single } from './query.ts';
import type { StreamJson } from './stream-json.ts';
import { splitTarget } from './target.ts';
import type { Waited } from './when-fresh.ts';

export function searchKeys(store: Store, stream: StreamJson, waited: Waited): Middleware {
  return async (ctx) => {
    const parameters = parseQuery(splitTarget(ctx.req.url ?? '/').query);
    const prefix = single(parameters, 'prefix');
    const suffix = single(parameters, 'suffix');
    if (prefix === undefined && suffix === undefined) {
      throw new Problem('invalid-query', 'A search has a `prefix`, a `suffix` or both.');
    }
    const values = parseFlag(parameters, 'values');
    const page = parsePage(parameters);
    const filter = { ...page.filter, prefix, suffix };
    if (parseStale(parameters)) tellAge(ctx, store);
    else await (waited.get(ctx.req) ?? store.barrier());
    ctx.status = 200;
    ctx.set('ETag', viewTag(store, store));
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    await stream(ctx, store, async (view) => {
      ctx.set('ETag', viewTag(store, view));
      const answer = (keys: Iterable<string | undefined>) => (values ? foundObject(view, keys) : keyList(keys));
      if (page.limit === undefined) return answer(view.search(filter));
      const found = await readPage(view, filter, page.limit);
      linkNext(ctx, '/search', parameters, found);
      return answer(found.keys);
    });
  };
}

function keyList(keys: Iterable<string | undefined>): Iterable<string> {
  return jsonItems('[', texts(keys), ']');
}

function* texts(keys: Iterable<string | undefined>): Iterable<string> {
  for (const key of keys) yield key === undefined ? '' : JSON.stringify(key);
}
