/** GET /get/{key}: one value. */
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';
import { parseKey } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { tellAge } from './age.ts';
import { versionTag } from './entity-tag.ts';
import { parseQuery, parseStale } from './query.ts';
import { decodePath, splitTarget } from './target.ts';
import type { Waited } from './when-fresh.ts';

const prefix = '/get/';

/** The key in the path. Throws Problem `invalid-path` or `invalid-key`. */
export function keyOf(url = '/'): string {
  return parseKey(decodePath(splitTarget(url).path.slice(prefix.length)));
}

export function noSuchKey(): Problem {
  return new Problem('key-not-found', 'The store has no such key.');
}

export function getValue(store: Store, waited: Waited): Middleware {
  return async (ctx) => {
    const { query } = splitTarget(ctx.req.url ?? '/');
    const key = keyOf(ctx.req.url);
    if (query !== '' && parseStale(parseQuery(query))) tellAge(ctx, store);
    else await (waited.get(ctx.req) ?? store.barrier());
    const entry = store.get(key);
    if (entry === undefined) throw noSuchKey();
    ctx.status = 200;
    ctx.set('ETag', versionTag(store.timeline(), entry.version));
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.body = entry.value;
    ctx.set('Content-Type', 'application/json');
  };
}
