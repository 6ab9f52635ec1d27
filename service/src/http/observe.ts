/** Measures every request: how many, how long, how they ended. */
import type { Context, Middleware } from 'koa';
import type { Span, Spans } from '../store/spans.ts';
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
      if (ctx.respond === false) endSpan(ctx, spans.current());
    }
  };
}

/** What goes on by itself (a watch) may do so for days: its span is how long it took to begin. */
function endSpan(ctx: Context, span: Span | undefined): void {
  span?.setAttribute('http.response.status_code', ctx.status);
  span?.finish();
}
