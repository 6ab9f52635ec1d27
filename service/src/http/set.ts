/** POST /set: one or many pairs, all or none. */
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';
import { parseKey } from '../store/key.ts';
import type { Pair, Store } from '../store/store.ts';
import { parseCondition } from './conditions.ts';
import { parseMembers } from './json-members.ts';
import { parseQuery, parseTtl } from './query.ts';
import { splitTarget } from './target.ts';

export function setPairs(store: Store): Middleware {
  return async (ctx) => {
    const members = parseMembers(ctx.request.rawBody);
    const pairs: Pair[] = [];
    for (const [key, value] of members) pairs.push({ key: parseKey(key), value });
    if (pairs.length === 0) throw new Problem('invalid-body', 'The body is an object of at least one pair.');
    const ttl = parseTtl(parseQuery(splitTarget(ctx.req.url ?? '/').query));
    const condition = parseCondition(ctx.req, pairs.length);
    const revision = await store.set(
      pairs,
      ttl === undefined && condition === undefined ? undefined : { ttl, condition },
    );
    ctx.status = 200;
    ctx.set('ETag', `"${revision}"`);
    ctx.body = `{${pairs.map(pairText).join(',')}}`;
    ctx.set('Content-Type', 'application/json');
  };
}

/** A pair as a member of a JSON object. */
export function pairText({ key, value }: Pair): string {
  return `${JSON.stringify(key)}:${value}`;
}
