/** The Koa application: one visible line from request to response. It listens nowhere; server.ts does. */
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Tokens } from '../auth/token-file.ts';
import { Problem } from '../errors.ts';
import type { Spans } from '../store/spans.ts';
import type { Store } from '../store/store.ts';
import { requireToken } from './authorize.ts';
import { readBody } from './body.ts';
import { deleteKeys, deleteValue } from './delete.ts';
import type { Drain } from './drain.ts';
import { dumpPairs } from './dump.ts';
import type { DumpCache } from './dump-cache.ts';
import { setRoute } from './exchange.ts';
import { getValue } from './get.ts';
import { live, metricsText, ready } from './health.ts';
import type { BegunWrites } from './hot-set.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { isMisdirected, misdirected } from './identity.ts';
import { watchBegan } from './observe.ts';
import { serveDocument } from './openapi/serve.ts';
import { type PageOptions, pagesOf, pathsOf, routePages } from './pages/pages.ts';
import type { Peers } from './peers.ts';
import { renderErrors } from './render-errors.ts';
import { refuseCrossSite } from './same-origin.ts';
import { searchKeys } from './search.ts';
import { readySender } from './send-ready.ts';
import { setPairs } from './set.ts';
import { jsonStreamer, type StreamLimits } from './stream-json.ts';
import { splitTarget } from './target.ts';
import type { Turns } from './turns.ts';
import { type WatchLimits, watchChanges } from './watch.ts';
import type { Waited } from './when-fresh.ts';

export interface AppOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly log: Logger;
  readonly drain: Drain;
  /** Bytes of a request's body. */
  readonly maxBody: number;
  readonly streams: StreamLimits;
  readonly dumps: DumpCache;
  readonly watches: WatchLimits;
  readonly metrics: HttpMetrics;
  readonly waited: Waited;
  readonly begun: BegunWrites;
  readonly turns: Turns;
  readonly spans: Spans;
  /** Whether metrics tell of sampled requests, as examples, to who can read them. */
  readonly exemplars: boolean;
  /** The other replicas; undefined: there are none to be asked. */
  readonly peers?: Peers | undefined;
  /** What the store is called; a request that is meant for another one is refused. */
  readonly identity?: string | undefined;
  /** Undefined: anybody may do anything. */
  readonly tokens?: Tokens | undefined;
  /** Of the service, as the API's description tells it. */
  readonly version: string;
  readonly pages: PageOptions;
}

export function createApp(options: AppOptions): Koa {
  const {
    store,
    registry,
    log,
    drain,
    maxBody,
    streams,
    dumps,
    watches,
    metrics,
    waited,
    begun,
    turns,
    spans,
    exemplars,
    tokens,
  } = options;
  const app = new Koa();
  app.on('error', (err: NodeJS.ErrnoException) => {
    if (err.code === 'ECONNRESET' || err.code === 'EPIPE') log.debug({ err }, 'client gone');
    else log.error({ err }, 'answer failed');
  });
  app.use(renderErrors(log, metrics.problem));

  // No cleaning of paths: what is between the slashes of /get/ is somebody's key.
  app.use((ctx, next) => {
    // RFC 9112, 3.2: whoever sends no Host may not have meant this server.
    if (ctx.req.headers.host === undefined && ctx.req.httpVersion === '1.1') {
      throw new Problem('invalid-request', 'An HTTP/1.1 request has a Host header.');
    }
    if (isMisdirected(ctx.req, options.identity)) throw misdirected(options.identity);
    ctx.newRouterPath = splitTarget(ctx.req.url ?? '/').path;
    return next();
  });

  const pages = pagesOf(options.pages);
  if (tokens !== undefined) app.use(requireToken(tokens, new Set([...openRoutes, ...pages.flatMap(pathsOf)])));

  const stream = jsonStreamer(streams, turns);
  const router = new Router({ strict: true, sensitive: true });
  router.get('/', route('/'), dumpPairs({ store, stream, sendReady: readySender(streams, turns), dumps, waited }));
  router.get(/^\/get\/.*$/s, route('/get/{key}'), getValue(store, waited));
  router.get('/search', route('/search'), searchKeys(store, stream, waited));
  router.post('/set', route('/set'), refuseCrossSite, readBody(maxBody, begun), setPairs(store, begun));
  router.delete(/^\/get\/.*$/s, route('/get/{key}'), refuseCrossSite, deleteValue(store));
  router.post('/delete', route('/delete'), refuseCrossSite, readBody(maxBody, begun), deleteKeys(store));
  router.get(
    '/watch',
    route('/watch'),
    watchBegan(spans),
    watchChanges({ store, drain, registry, metrics, log, limits: watches, tokens }),
  );
  router.get('/livez', route('/livez'), live);
  router.get('/readyz', route('/readyz'), ready(store, drain, options.peers));
  router.get('/metrics', route('/metrics'), metricsText(registry, exemplars));
  const described = { version: options.version, tokens: tokens !== undefined };
  router.get('/openapi.json', route('/openapi.json'), serveDocument(described));
  routePages(router, pages, route);
  app.use(refuseUnrouted);
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/** What needs no token, the pages aside. */
const openRoutes = ['/livez', '/readyz', '/metrics', '/openapi.json'];

/** Names the route for metrics and traces: the template, never the path. */
function route(template: string): Middleware {
  return (ctx, next) => {
    ctx.state.route = template;
    setRoute(ctx.res, template);
    return next();
  };
}

/** Turns what the router leaves (404, 405, and 501 for methods that no path has) into problems. */
const refuseUnrouted: Middleware = async (ctx, next) => {
  await next();
  if (ctx.state.route !== undefined) return;
  const allowed = ctx.response.get('Allow');
  if (ctx.status === 404 || (ctx.status === 501 && allowed === '')) {
    ctx.remove('Allow');
    throw new Problem('unknown-path', 'The service has no such path.');
  }
  if (ctx.status === 405 || ctx.status === 501) {
    throw new Problem('method-not-allowed', `${ctx.method} does not fit this path; the Allow header lists what does.`);
  }
};
