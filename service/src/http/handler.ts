/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Tracing } from '../tracing.ts';
import { admit } from './admission.ts';
import { type AppOptions, createApp } from './app.ts';
import { hotGet, type Waited } from './hot-get.ts';

export interface HandlerOptions extends Omit<AppOptions, 'waited' | 'spans'> {
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
  readonly tracing?: Tracing | undefined;
  /** Milliseconds that a request may wait for its turn before it is refused. */
  readonly maxWait: number;
}

export function createHandler({ hotReads = true, tracing, maxWait, ...options }: HandlerOptions): RequestListener {
  const { metrics, turns, maxBody } = options;
  const waited: Waited = new WeakMap();
  const store = tracing?.store(options.store) ?? options.store;
  const app = createApp({ ...options, store, waited, spans: tracing?.spans }).callback();
  const rest = admit({ turns, maxWait, maxBody, metrics, rest: app });
  const plain = hotReads ? hotGet({ store: options.store, metrics, waited, rest }) : rest;
  // Only the application knows of traces.
  return tracing === undefined ? plain : tracing.requests({ sampled: rest, unsampled: plain });
}
