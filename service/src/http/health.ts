/** Probes and metrics. Liveness says that the process answers, and nothing about what it depends on. */
import type { Middleware } from 'koa';
import type { Registry } from 'prom-client';
import { Problem } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { Drain } from './drain.ts';

export const live: Middleware = (ctx) => {
  ctx.body = { status: 'ok' };
};

export function ready(store: Store, drain: Drain): Middleware {
  return (ctx) => {
    const reason = drain.draining ? 'The server is shutting down.' : store.notReady();
    if (reason !== undefined) throw new Problem('not-ready', reason);
    ctx.body = { status: 'ok' };
  };
}

export function metricsText(registry: Registry): Middleware {
  return async (ctx) => {
    ctx.body = await registry.metrics();
    ctx.set('Content-Type', registry.contentType);
  };
}
