/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { type AppOptions, createApp } from './app.ts';
import { hotGet } from './hot-get.ts';
import { hotReads, type Waited } from './hot-reads.ts';
import { hotSearch } from './hot-search.ts';
import { httpMetrics } from './http-metrics.ts';

export interface HandlerOptions extends Omit<AppOptions, 'metrics' | 'waited'> {
  readonly registry: Registry;
  /** False: every request goes through the application (which alone knows of traces). Default true. */
  readonly hotReads?: boolean;
}

export function createHandler({ hotReads: hot = true, ...options }: HandlerOptions): RequestListener {
  const metrics = httpMetrics(options.registry);
  const waited: Waited = new WeakMap();
  const rest = createApp({ ...options, metrics, waited }).callback();
  if (!hot) return rest;
  const { store } = options;
  const reads = [hotGet(store), hotSearch(store, 'prefix'), hotSearch(store, 'suffix')];
  return hotReads({ reads, store, metrics, waited, rest });
}
