/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Tracing } from '../tracing.ts';
import { type AppOptions, createApp } from './app.ts';
import { hotGet, type Waited } from './hot-get.ts';

export interface HandlerOptions extends Omit<AppOptions, 'waited' | 'spans'> {
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
  readonly tracing?: Tracing | undefined;
}

export function createHandler({ hotReads = true, tracing, ...options }: HandlerOptions): RequestListener {
  const { metrics } = options;
  const waited: Waited = new WeakMap();
  const store = tracing?.store(options.store) ?? options.store;
  const rest = createApp({ ...options, store, waited, spans: tracing?.spans }).callback();
  const plain = hotReads ? hotGet({ store: options.store, metrics, waited, rest }) : rest;
  // Only the application knows of traces.
  return tracing === undefined ? plain : tracing.requests({ sampled: rest, unsampled: plain });
}
