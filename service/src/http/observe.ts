/** Measures every request: how many, how long, how they ended. */
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
      metrics.ended(ctx.method, route, ctx.status, (performance.now() - start) / 1000);
      // What goes on by itself (a watch) may do so for days: its span is how long it took to begin.
      if (ctx.respond === false) spans.current()?.setAttribute('http.response.status_code', ctx.status).end();
    }
  };
}
