/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Tracing } from '../tracing.ts';
import { type AppOptions, createApp } from './app.ts';
import { hotGet } from './hot-get.ts';
import { hotReads, type Waited } from './hot-reads.ts';
import { hotSearch } from './hot-search.ts';

export interface HandlerOptions extends Omit<AppOptions, 'waited' | 'spans'> {
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
  readonly tracing?: Tracing | undefined;
}

export function createHandler({ hotReads: hot = true, tracing, ...options }: HandlerOptions): RequestListener {
  const { metrics, store } = options;
  const waited: Waited = new WeakMap();
  const rest = createApp({
    ...options,
    store: tracing?.store(store) ?? store,
    waited,
    spans: tracing?.spans,
  }).callback();
  const reads = [hotGet(store), hotSearch(store, 'prefix'), hotSearch(store, 'suffix')];
  const plain = hot ? hotReads({ reads, store, metrics, waited, rest }) : rest;
  // Only the application knows of traces.
  return tracing === undefined ? plain : tracing.requests({ sampled: rest, unsampled: plain });
}
