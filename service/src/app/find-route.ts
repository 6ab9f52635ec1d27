/** The data calls' way to their routes. @koa/router tries one pattern after the other, which takes as long as a read. */
import type { RawRequest } from '../requests/raw-request.ts';
import { prefixOf } from '../site/openapi/api.ts';
import type { Layer } from './answer-problems.ts';
import type { AnswerRoute } from './answer-route.ts';
import type { Route } from './routes.ts';

/** Answers what one of the routes fits; leaves everything else, such as other methods of their paths, to the next layer. */
export function answerFound(routes: readonly Route[], answerRoute: AnswerRoute): Layer {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  const byPrefix = routes.flatMap((route) => {
    const prefix = prefixOf(route.path);
    return prefix === undefined ? [] : [{ route, prefix }];
  });
  return (ctx, next) => {
    const { target, method: asked }: RawRequest = ctx.state;
    const { path } = target;
    const method = asked === 'HEAD' ? 'GET' : asked;
    for (const { route, prefix } of byPrefix) {
      if (route.method === method && path.startsWith(prefix)) return answerRoute(route, ctx);
    }
    const route = byPath.get(path)?.find((each) => each.method === method);
    return route === undefined ? next() : answerRoute(route, ctx);
  };
}
