/** Tells the exchange what the application alone knows of a request: that it goes on by itself from here on. */
import type { Middleware } from 'koa';
import type { Spans } from '../store/spans.ts';
import { exchangeOf } from './exchange.ts';

/** A watch may go on for days: its duration, and that of its span, is how long it took to begin. */
export function watchBegan(spans: Spans): Middleware {
  return async (ctx, next) => {
    await next();
    const exchange = exchangeOf(ctx.res);
    if (exchange !== undefined) {
      exchange.status = ctx.status;
      exchange.end(ctx.res);
    }
    const span = spans.current();
    span?.setAttribute('http.response.status_code', ctx.status);
    span?.finish();
  };
}
