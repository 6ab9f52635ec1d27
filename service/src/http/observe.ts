/** Measures every request: how many, how long, how they ended; and tells its span which route it was. */
import type { Middleware } from 'koa';
import type { Spans } from '../store/spans.ts';
import type { HttpMetrics } from './http-metrics.ts';

export function observe(metrics: HttpMetrics, spans: Spans): Middleware {
  return async (ctx, next) => {
    const start = performance.now();
    metrics.started();
    try {
      await next();
    } finally {
      const route: string = ctx.state.route ?? '';
      const span = spans.current();
      metrics.ended(ctx.method, route, ctx.status, (performance.now() - start) / 1000, span?.spanContext());
      if (span !== undefined && route !== '') {
        span.setAttribute('http.route', route);
        span.updateName(`${ctx.method} ${route}`);
      }
      // What goes on by itself (a watch) may do so for days: its span is how long it took to begin.
      if (ctx.respond === false) span?.setAttribute('http.response.status_code', ctx.status).end();
    }
  };
}
