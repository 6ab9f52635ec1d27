/** The Koa application: one visible line from request to response. It listens nowhere; server/listen.ts does. */
import Router from '@koa/router';
import type Koa from 'koa';
import type { Logger } from 'pino';
import { readCaching } from '../answers/cache-control.ts';
import { inCoding } from '../answers/compress.ts';
import { sender } from '../answers/send.ts';
import type { Audit } from '../audit/audit.ts';
import { ByteBudget } from '../flow-control/byte-budget.ts';
import { bodyReader } from '../requests/body/body.ts';
import { RawRequest } from '../requests/raw-request.ts';
import { prefixOf } from '../site/openapi/api.ts';
import { type PageOptions, type PageRoute, pageRoutes, pagesOf } from '../site/pages/pages.ts';
import { acceptRequest } from './accept-request.ts';
import { answerProblems } from './answer-problems.ts';
import { answerRoutes } from './answer-route.ts';
import { answerUnrouted } from './answer-unrouted.ts';
import { requireToken } from './authorize.ts';
import { answerFound } from './find-route.ts';
import { type HostRules, hostCheck } from './hosts.ts';
import { LeanKoa } from './koa.ts';
import { apiRoutes, type Route, type RouteParts } from './routes.ts';
import { originCheck } from './same-origin.ts';

/** Bytes of answers that clients have not taken, and the system neither. */
const maxUnsent = 48 * 1024 ** 2;

export interface AppOptions extends RouteParts {
  readonly log: Logger;
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Milliseconds that a compressed body, and a read after its barrier, wait for their turn. */
  readonly maxWait: number;
  /** Undefined: there is no audit log. */
  readonly audit?: Audit | undefined;
  /** What the store is called; a request that is meant for another one is refused. */
  readonly identity?: string | undefined;
  /** True: a request needs a client certificate that the listener accepts. Default: it needs none. */
  readonly clientCertificates?: boolean;
  readonly hosts: HostRules;
  /** Of pages that may use the API besides its own; default: none. */
  readonly origins?: readonly string[];
  readonly pages: PageOptions;
  /** Whether clients that ask for zstd or gzip get it. Default: yes. */
  readonly compress?: boolean;
}

export function createApp(options: AppOptions): Koa {
  const { log, metrics, scheduler, tokens, rates, maxBody, maxWait, audit } = options;
  const unsent = new ByteBudget(Math.max(maxUnsent, 2 * maxBody));
  const send = sender(scheduler, unsent, options.buffers);
  const readBody = bodyReader({ maxBytes: maxBody, maxWait, scheduler });
  const answerRoute = answerRoutes({
    send,
    readBody,
    metrics,
    audit,
    scheduler,
    caching: readCaching({ needsToken: tokens !== undefined }),
    inCoding: (options.compress ?? true) ? (req, answer) => inCoding(req, answer, unsent) : undefined,
    checkOrigin: originCheck(options.origins ?? []),
  });
  const data = apiRoutes(options);
  const routes = [...data, ...pageRoutes(pagesOf(options.pages)).map(pageRoute)];

  const app = new LeanKoa();
  app.on('error', (err: Error) => log.error({ err }, 'answer failed'));
  const accept = acceptRequest(options.identity, hostCheck(options.hosts), options.clientCertificates ?? false);
  const authorize =
    tokens === undefined ? undefined : requireToken(tokens, openPathsOf(routes), readPathsOf(data), rates);
  const answerApi = answerFound(data, answerRoute);
  app.use(
    answerProblems({ send, log, metrics, audit }, (ctx, next) => {
      const request = new RawRequest(ctx.req, ctx.res);
      // Koa's place for what the layers hand on.
      ctx.state = request;
      accept(ctx.req, request.target);
      authorize?.(request, ctx.res);
      return answerApi(ctx, next);
    }),
  );
  app.use(answerUnrouted(send, pathsOf(data), pathsOf(routes)));
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes) router[verbs[route.method]](patternOf(route), (ctx) => answerRoute(route, ctx));
  app.use(router.routes());
  return app;
}

/** What the router calls them. */
const verbs = { GET: 'get', POST: 'post', DELETE: 'delete' } as const;

function pageRoute({ path, answer }: PageRoute): Route {
  return { method: 'GET', path, access: 'open', hasBody: false, answer };
}

function pathsOf(routes: readonly Route[]): readonly string[] {
  return [...new Set(routes.map(({ path }) => path))];
}

function openPathsOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(routes.filter(({ access }) => access === 'open').map(({ path }) => path));
}

/** Where POST reads. */
function readPathsOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(routes.filter(({ method, access }) => method === 'POST' && access === 'read').map(({ path }) => path));
}

/** No cleaning of paths: what is between the slashes of /get/ is somebody's key. */
function patternOf({ path }: Route): string | RegExp {
  const prefix = prefixOf(path);
  return prefix === undefined ? path : new RegExp(`^${RegExp.escape(prefix)}.*$`, 's');
}
