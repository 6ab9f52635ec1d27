/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Tokens } from '../auth/token-file.ts';
import type { Tracing } from '../tracing.ts';
import { admit } from './admission.ts';
import { type AppOptions, createApp } from './app.ts';
import { mayRead } from './authorize.ts';
import { hotGet } from './hot-get.ts';
import { hotReads, type Waited } from './hot-reads.ts';
import { hotSearch } from './hot-search.ts';

export interface HandlerOptions extends Omit<AppOptions, 'waited' | 'spans'> {
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
  readonly tracing?: Tracing | undefined;
  /** Milliseconds that a request may wait for its turn before it is refused. */
  readonly maxWait: number;
}

export function createHandler({ hotReads: hot = true, tracing, maxWait, ...options }: HandlerOptions): RequestListener {
  const { metrics, store, turns, maxBody } = options;
  const waited: Waited = new WeakMap();
  const app = createApp({
    ...options,
    store: tracing?.store(store) ?? store,
    waited,
    spans: tracing?.spans,
  }).callback();
  const rest = admit({ turns, maxWait, maxBody, metrics, rest: app });
  const reads = [hotGet(store), hotSearch(store, 'prefix'), hotSearch(store, 'suffix')];
  const plain = hot ? allowed(hotReads({ reads, store, metrics, waited, rest }), rest, options.tokens) : rest;
  // Only the application knows of traces.
  return tracing === undefined ? plain : tracing.requests({ sampled: rest, unsampled: plain });
}

/** The short way only for those who may read; the application refuses the others, with everything that belongs to it. */
function allowed(hot: RequestListener, rest: RequestListener, tokens: Tokens | undefined): RequestListener {
  if (tokens === undefined) return hot;
  return (request, response) => (mayRead(request, tokens) ? hot : rest)(request, response);
}
