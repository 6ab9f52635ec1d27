/** What answers the server's requests: the hot reads first, then the application. */
import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { admit } from './admission.ts';
import { type AppOptions, createApp } from './app.ts';
import { hotGet, type Waited } from './hot-get.ts';
import { httpMetrics } from './http-metrics.ts';
import { Turns } from './turns.ts';

export interface HandlerOptions extends Omit<AppOptions, 'metrics' | 'waited' | 'turns'> {
  readonly registry: Registry;
  /** False: every request goes through the application (which alone knows of traces). Default true. */
  readonly hotReads?: boolean;
  /** Milliseconds that a request may wait for its turn before it is refused. */
  readonly maxWait: number;
  /** Told of each connection that the server takes. */
  readonly turns?: Turns;
}

export function createHandler({
  hotReads = true,
  maxWait,
  turns = new Turns(),
  ...options
}: HandlerOptions): RequestListener {
  const metrics = httpMetrics(options.registry);
  const waited: Waited = new WeakMap();
  const app = createApp({ ...options, metrics, waited, turns }).callback();
  const rest = admit({ turns, maxWait, maxBody: options.maxBody, metrics, rest: app });
  return hotReads ? hotGet({ store: options.store, metrics, waited, rest }) : rest;
}
