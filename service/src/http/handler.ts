/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { type AppOptions, createApp } from './app.ts';
import { mayRead } from './authorize.ts';
import { hotGet, type Waited } from './hot-get.ts';
import { httpMetrics } from './http-metrics.ts';

export interface HandlerOptions extends Omit<AppOptions, 'metrics' | 'waited'> {
  readonly registry: Registry;
  /** False: every request goes through the application (which alone knows of traces). Default true. */
  readonly hotReads?: boolean;
}

export function createHandler({ hotReads = true, ...options }: HandlerOptions): RequestListener {
  const metrics = httpMetrics(options.registry);
  const waited: Waited = new WeakMap();
  const rest = createApp({ ...options, metrics, waited }).callback();
  if (!hotReads) return rest;
  const hot = hotGet({ store: options.store, metrics, waited, rest });
  const { tokens } = options;
  if (tokens === undefined) return hot;
  // The application refuses, with everything that belongs to it.
  return (request, response) => (mayRead(request, tokens) ? hot : rest)(request, response);
}
