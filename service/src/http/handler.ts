/** What answers the server's requests: the hot requests first, then the application. */
import type { RequestListener } from 'node:http';
import type { Tokens } from '../auth/token-file.ts';
import type { Tracing } from '../tracing.ts';
import { admission } from './admission.ts';
import { type AppOptions, createApp } from './app.ts';
import { mayRead } from './authorize.ts';
import { hotGet } from './hot-get.ts';
import { hotReads, type Waited } from './hot-reads.ts';
import { hotSearch } from './hot-search.ts';
import { type BegunWrites, hotSet } from './hot-set.ts';
import type { HttpMetrics } from './http-metrics.ts';

export interface HandlerOptions extends Omit<AppOptions, 'waited' | 'begun' | 'spans'> {
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
  readonly tracing?: Tracing | undefined;
  /** Milliseconds that a request may wait for its turn before it is refused. */
  readonly maxWait: number;
}

export function createHandler({
  hotReads: isHot = true,
  tracing,
  maxWait,
  ...options
}: HandlerOptions): RequestListener {
  const { store, turns, maxBody, tokens } = options;
  const waited: Waited = new WeakMap();
  const begun: BegunWrites = new WeakMap();
  const admit = admission({ turns, maxWait, maxBody, metrics: options.metrics });
  const traced = tracing?.metrics(options.metrics) ?? options.metrics;
  const app = createApp({ ...options, metrics: traced, waited, begun, spans: tracing?.spans }).callback();
  const rest = admit(app);
  const shortest = (metrics: HttpMetrics) => {
    if (!isHot) return rest;
    const reads = [hotGet(store), hotSearch(store, 'prefix'), hotSearch(store, 'suffix')];
    const writes = admit(hotSet({ store, metrics, begun, maxBody, rest: app }));
    return allowed(hotReads({ reads, store, metrics, waited, rest: writes }), rest, tokens);
  };
  const unsampled = shortest(options.metrics);
  return tracing?.requests({ sampled: shortest(traced), unsampled }) ?? unsampled;
}

/** The short way only for those who may read; the application refuses the others, with everything that belongs to it. */
function allowed(hot: RequestListener, rest: RequestListener, tokens: Tokens | undefined): RequestListener {
  if (tokens === undefined) return hot;
  return (request, response) => (mayRead(request, tokens) ? hot : rest)(request, response);
}
