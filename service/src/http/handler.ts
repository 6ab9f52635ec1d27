/** What answers the server's requests: the hot requests first, then the application. */
import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { type AppOptions, createApp } from './app.ts';
import { hotGet } from './hot-get.ts';
import { hotReads, type Waited } from './hot-reads.ts';
import { hotSearch } from './hot-search.ts';
import { type BegunWrites, hotSet } from './hot-set.ts';
import { httpMetrics } from './http-metrics.ts';

export interface HandlerOptions extends Omit<AppOptions, 'metrics' | 'waited' | 'begun'> {
  readonly registry: Registry;
  /** False: every request goes through the application (which alone knows of traces). Default true. */
  readonly hotReads?: boolean;
}

export function createHandler({ hotReads: hot = true, ...options }: HandlerOptions): RequestListener {
  const metrics = httpMetrics(options.registry);
  const waited: Waited = new WeakMap();
  const begun: BegunWrites = new WeakMap();
  const rest = createApp({ ...options, metrics, waited, begun }).callback();
  if (!hot) return rest;
  const { store, maxBody } = options;
  const reads = [hotGet(store), hotSearch(store, 'prefix'), hotSearch(store, 'suffix')];
  return hotReads({ reads, store, metrics, waited, rest: hotSet({ store, metrics, begun, maxBody, rest }) });
}
