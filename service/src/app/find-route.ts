/** The data calls' way to their routes. @koa/router tries one pattern after the other, which takes as long as a read. */
import type { RawRequest } from '../requests/raw-request.ts';
import { prefixOf } from '../site/openapi/api.ts';
import type { Layer } from './answer-problems.ts';
import type { AnswerRoute } from './answer-route.ts';
import type { Route } from './routes.ts';

/** Answers what one of the routes fits; leaves everything else, such as other methods of their paths, to the next layer. */
export function answerFound(routes: readonly Route[], answerRoute: AnswerRoute): Layer {
  const grouped = Map.groupBy(routes, ({ method }) => method);
  const byMethod = new Map([...grouped].map(([method, own]) => [method as string, new RouteTable(own)]));
  return (ctx, next) => {
    const { target, method }: RawRequest = ctx.state;
    const route = byMethod.get(method === 'HEAD' ? 'GET' : method)?.find(target.path);
    return route === undefined ? next() : answerRoute(route, ctx);
  };
}

/** The routes of one method. */
class RouteTable {
  readonly #byPrefix: readonly { readonly route: Route; readonly prefix: string }[];
  readonly #byPath: ReadonlyMap<string, Route>;

  constructor(routes: readonly Route[]) {
    this.#byPath = new Map(routes.map((route) => [route.path, route]));
    this.#byPrefix = routes.flatMap((route) => {
      const prefix = prefixOf(route.path);
      return prefix === undefined ? [] : [{ route, prefix }];
    });
  }

  find(path: string): Route | undefined {
    for (const { route, prefix } of this.#byPrefix) if (path.startsWith(prefix)) return route;
    return this.#byPath.get(path);
  }
}
