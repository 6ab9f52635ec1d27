/** What the router leaves: OPTIONS, 405 for other methods of a path, and 404 for paths that there are not. */
import type { Layer } from '@koa/router';
import { Problem } from '@kvstore/core/problem.ts';
import type { Middleware } from 'koa';
import { emptyAnswer } from '../answers/answer.ts';
import { notStored } from '../answers/cache-control.ts';
import type { Send } from '../answers/send.ts';
import { allMethods } from '../site/openapi/methods.ts';
import { exchangeOf } from '../telemetry/exchange.ts';
import { unknownPath } from './unknown-path.ts';

/** @param listed paths that a 404 lists; @param known those that it may mean, pages included */
export function answerUnrouted(send: Send, listed: readonly string[], known: readonly string[]): Middleware {
  return async (ctx, next) => {
    // The router's own reading of a URL cleans paths, and knows no absolute form.
    ctx.newRouterPath = ctx.state.target.path;
    await next();
    if (exchangeOf(ctx.res)?.route !== '') return;
    // The router leaves there what fits the path, whatever the method.
    const matched: readonly Layer[] = ctx.matched ?? [];
    // RFC 9110, 9.3.7: about the server, not about a path.
    if (ctx.method === 'OPTIONS' && ctx.req.url === '*') return send(ctx.res, ofServer);
    if (matched.length === 0) throw unknownPath(ctx.state.target.path, listed, known);
    const allowed = [...new Set(matched.flatMap(({ methods }) => methods))].join(', ');
    if (ctx.method === 'OPTIONS')
      return send(ctx.res, emptyAnswer(200, [...notStored, 'Allow', allowed, 'Content-Length', '0']));
    const message = `${ctx.method} does not fit this path; the Allow header lists what does.`;
    throw new Problem('method-not-allowed', message, { headers: { Allow: allowed } });
  };
}

const ofServer = emptyAnswer(200, [
  ...notStored,
  'Allow',
  [...allMethods, 'OPTIONS'].join(', '),
  'Content-Length',
  '0',
]);
