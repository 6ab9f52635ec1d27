/** Measures every request: how many, how long, how they ended. */

import { context } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import type { Middleware } from 'koa';
import { Gauge, Histogram, type Registry } from 'prom-client';

/** OpenTelemetry's list; anything else counts as `_OTHER`, so that no client can add a series. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE']);

export function observe(registry: Registry): Middleware {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of HTTP server requests.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const active = new Gauge({
    name: 'http_server_active_requests',
    help: 'HTTP requests being served.',
    registers: [registry],
  });
  return async (ctx, next) => {
    const start = performance.now();
    active.inc();
    try {
      await next();
    } finally {
      active.dec();
      const route: string = ctx.state.route ?? '';
      duration.observe(
        {
          http_request_method: methods.has(ctx.method) ? ctx.method : '_OTHER',
          http_route: route,
          http_response_status_code: ctx.status,
        },
        (performance.now() - start) / 1000,
      );
      const span = getRPCMetadata(context.active());
      if (span !== undefined && route !== '') span.route = route;
    }
  };
}
