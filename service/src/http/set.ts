/** POST /set: one or many pairs, all or none. */
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';
import { parseKey } from '../store/key.ts';
import type { Pair, Store } from '../store/store.ts';
import { parseCondition } from './conditions.ts';
import { writtenTag } from './entity-tag.ts';
import type { BegunWrites } from './hot-set.ts';
import { parseMembers } from './json-members.ts';
import { parseQuery, parseTtl } from './query.ts';
import { splitTarget } from './target.ts';

export function setPairs(store: Store, begun: BegunWrites): Middleware {
  return async (ctx) => {
    const pairs = parsePairs(ctx.request.rawBody);
    const ttl = parseTtl(parseQuery(splitTarget(ctx.req.url ?? '/').query));
    const condition = parseCondition(ctx.req, pairs.length);
    const options = ttl === undefined && condition === undefined ? undefined : { ttl, condition };
    const written = await (begun.get(ctx.req)?.written ?? store.set(pairs, options));
    ctx.status = 200;
    ctx.set('ETag', writtenTag(written));
    ctx.body = `{${pairs.map(pairText).join(',')}}`;
    ctx.set('Content-Type', 'application/json');
  };
}

/** The pairs of a body. Throws Problem `invalid-body` or `invalid-key`. */
export function parsePairs(body: string): Pair[] {
  const pairs: Pair[] = [];
  for (const [key, value] of parseMembers(body)) pairs.push({ key: parseKey(key), value });
  if (pairs.length === 0) throw new Problem('invalid-body', 'The body is an object of at least one pair.');
  return pairs;
}

/** A pair as a member of a JSON object. */
export function pairText({ key, value }: Pair): string {
  return `${JSON.stringify(key)}:${value}`;
}
