/** GET /: every pair, in order, as one JSON object or as JSON Lines. */
import type { Middleware } from 'koa';
import type { Reader, Store, VersionedPair } from '../store/store.ts';
import { tellAge } from './age.ts';
import type { DumpCache } from './dump-cache.ts';
import { viewTag } from './entity-tag.ts';
import { linkNext, pairObject, pairsOf, readPage } from './pages.ts';
import { pairLine } from './pair-line.ts';
import { parsePage, parseQuery, parseStale, single } from './query.ts';
import type { SendReady } from './send-ready.ts';
import type { StreamJson } from './stream-json.ts';
import { splitTarget } from './target.ts';
import type { Waited } from './when-fresh.ts';

/** https://github.com/ndjson/ndjson-spec: a pair a line, with its revision and when it expires. */
const jsonLines = 'application/x-ndjson';

export interface DumpParts {
  readonly store: Store;
  readonly stream: StreamJson;
  readonly sendReady: SendReady;
  readonly dumps: DumpCache;
  readonly waited: Waited;
}

export function dumpPairs({ store, stream, sendReady, dumps, waited }: DumpParts): Middleware {
  return async (ctx) => {
    const parameters = parseQuery(splitTarget(ctx.req.url ?? '/').query);
    const { filter: behind, limit } = parsePage(parameters);
    const filter = { ...behind, prefix: single(parameters, 'prefix') };
    if (parseStale(parameters)) tellAge(ctx, store);
    else await (waited.get(ctx.req) ?? store.barrier());
    const asLines = ctx.accepts('application/json', jsonLines) === jsonLines;
    ctx.status = 200;
    ctx.vary('Accept');
    const form = asLines ? '-lines' : '';
    ctx.set('ETag', viewTag(store, store, form));
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    const isWhole = limit === undefined && filter.after === undefined && filter.prefix === undefined;
    const ready = isWhole && !asLines ? dumps.take() : undefined;
    if (ready !== undefined) return sendReady(ctx, ready);
    await stream(ctx, store, async (view) => {
      ctx.set('ETag', viewTag(store, view, form));
      if (asLines) ctx.set('Content-Type', jsonLines);
      const texts = (pairs: Iterable<VersionedPair>) => (asLines ? lines(view, pairs) : pairObject(pairs));
      if (limit === undefined) return texts(view.pairs(filter));
      const page = await readPage(view, filter, limit);
      linkNext(ctx, '/', parameters, page);
      return texts(pairsOf(view, page.keys));
    });
  };
}

function* lines(view: Reader, pairs: Iterable<VersionedPair>): Iterable<string> {
  for (const pair of pairs) yield pairLine(pair, view.expires(pair.key));
}
