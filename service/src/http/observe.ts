/** Measures every request: how many, how long, how they ended; and tells its span which route it was. */
import { context } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import type { Middleware } from 'koa';
import type { HttpMetrics } from './http-metrics.ts';

export function observe(metrics: HttpMetrics): Middleware {
  return async (ctx, next) => {
    const start = performance.now();
    metrics.started();
    try {
      await next();
    } finally {
      const route: string = ctx.state.route ?? '';
      metrics.ended(ctx.method, route, ctx.status, (performance.now() - start) / 1000);
      const span = getRPCMetadata(context.active());
      if (span !== undefined && route !== '') span.route = route;
    }
  };
}
