/** GET /watch: what changes, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { Tokens } from '../auth/token-file.ts';
import type { Token } from '../auth/tokens.ts';
import { Problem } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { ChangeStream } from './change-stream.ts';
import type { Drain } from './drain.ts';
import { type Position, parsePosition } from './entity-tag.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { parseQuery, parseStale, single } from './query.ts';
import { splitTarget } from './target.ts';

export interface WatchLimits {
  /** Watches at once. */
  readonly maxWatches: number;
  /** Milliseconds between signs of life. */
  readonly heartbeat: number;
  /** Bytes that may wait for one client, except for a moment; who takes less than happens is cut off. */
  readonly maxBacklog: number;
  /** Milliseconds in which a client that catches up must take something. */
  readonly stallTimeout: number;
}

export interface WatchParts {
  readonly store: Store;
  readonly drain: Drain;
  readonly registry: Registry;
  readonly metrics: Pick<HttpMetrics, 'problem'>;
  readonly log: Logger;
  readonly limits: WatchLimits;
  /** Undefined: nobody needs a token. */
  readonly tokens?: Tokens | undefined;
}

export function watchChanges({ store, drain, registry, metrics, log, limits, tokens }: WatchParts): Middleware {
  /** Each with the token it was opened with. */
  const streams = new Map<ChangeStream, Token | undefined>();
  new Gauge({
    name: 'kvstore_watches',
    help: 'Watches that are open.',
    registers: [registry],
    collect() {
      this.set(streams.size);
    },
  });
  // The request has ended well by then, so nobody else counts it. One that ends all watches needs no line for each.
  const onProblem = (problem: Problem) => {
    metrics.problem(problem.code);
    if (problem.code === 'internal') log.error({ err: problem, route: '/watch' }, 'watch failed');
  };
  drain.begun.addEventListener('abort', () => {
    for (const stream of streams.keys()) {
      stream.end(new Problem('unavailable', 'The server is shutting down: watch again.'));
    }
  });
  tokens?.onChange(() => {
    for (const [stream, token] of streams) {
      if (token === undefined || tokens.holds(token)) continue;
      stream.end(new Problem('unauthorized', 'The token is not in force any more.'));
    }
  });
  return async (ctx) => {
    const parameters = parseQuery(splitTarget(ctx.req.url ?? '/').query);
    const filter = { prefix: single(parameters, 'prefix') ?? '', suffix: single(parameters, 'suffix') ?? '' };
    const stale = parseStale(parameters);
    const resumed = lastEventId(ctx.req);
    if (drain.draining) throw new Problem('unavailable', 'The server is shutting down.', retry);
    if (streams.size >= limits.maxWatches) {
      throw new Problem('overloaded', `${limits.maxWatches} watches are open already.`, retry);
    }
    // From now on: what was acknowledged before the request is no news.
    if (resumed === undefined && !stale) await store.barrier();
    const position = resumed ?? { timeline: store.timeline(), after: store.revision(), skip: 0 };
    if (ctx.method === 'HEAD') return headers(ctx);
    const stream = new ChangeStream({ response: ctx.res, filter, position, limits, onProblem });
    streams.set(stream, ctx.state.token);
    ctx.res.once('close', () => streams.delete(stream));
    await stream.open(store, () => {
      headers(ctx);
      // From here on the answer is written by the stream, not by Koa.
      ctx.respond = false;
      ctx.res.flushHeaders();
    });
  };
}

const retry = { headers: { 'Retry-After': '1' } };

function headers(ctx: Context): void {
  ctx.status = 200;
  ctx.set('Content-Type', 'text/event-stream');
  ctx.set('Cache-Control', 'no-store');
  // Proxies that gather answers before they pass them on are asked not to.
  ctx.set('X-Accel-Buffering', 'no');
  if (ctx.method === 'HEAD') ctx.body = '';
  ctx.remove('Content-Length');
}

function lastEventId({ headers: { 'last-event-id': id = '' } }: IncomingMessage): Position | undefined {
  const text = Array.isArray(id) ? id.join() : id;
  if (text === '') return undefined;
  const position = parsePosition(text);
  if (position === undefined)
    throw new Problem('invalid-request', 'Last-Event-ID is the id of an event of this store.');
  return position;
}
