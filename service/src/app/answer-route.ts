/** From a request whose route is known to its answer on the response. */
import type { Context } from 'koa';
import type { Answer } from '../answers/answer.ts';
import type { Send } from '../answers/send.ts';
import type { ReadBody } from '../requests/body.ts';
import { noBody, type RawRequest } from '../requests/raw-request.ts';
import { exchangeOf, setRoute } from '../server/exchange.ts';
import type { Spans } from '../store/spans.ts';
import type { HttpMetrics } from '../telemetry/http-metrics.ts';
import type { Route } from './routes.ts';
import { refuseCrossSite } from './same-origin.ts';

export interface AnswerRouteParts {
  readonly send: Send;
  readonly readBody: ReadBody;
  readonly metrics: Pick<HttpMetrics, 'problem'>;
  readonly spans: Spans;
}

/** Resolves when the answer has been sent, or the events have begun. Throws or rejects with what is to be answered instead. */
export type AnswerRoute = (route: Route, ctx: Context) => Promise<void> | undefined;

export function answerRoutes({ send, readBody, metrics, spans }: AnswerRouteParts): AnswerRoute {
  const finish = (ctx: Context, answer: Answer): Promise<void> | undefined => {
    if (answer.kind === 'text' && answer.problem !== undefined) metrics.problem(answer.problem);
    const sending = send(ctx.res, answer);
    return answer.kind === 'events' ? sending?.then(() => began(ctx, spans)) : sending;
  };
  // Not async functions: a promise more is a part of what a read costs.
  const answerNow = (route: Route, ctx: Context, request: RawRequest): Promise<void> | undefined => {
    const answer = route.answer(request);
    return 'then' in answer ? answer.then((ready) => finish(ctx, ready)) : finish(ctx, answer);
  };
  const answerWithBody = (route: Route, ctx: Context, request: RawRequest): Promise<void> =>
    readBody(ctx.req, ctx.res).then((body) => {
      request.body = body;
      const answering = answerNow(route, ctx, request);
      // The parser has read it: a write that waits for the disk holds its pairs, not the body as well.
      request.body = noBody;
      return answering;
    });
  return (route, ctx) => {
    const request: RawRequest = ctx.state;
    setRoute(ctx.res, route.path);
    if (route.access === 'write') refuseCrossSite(request.headers);
    return route.hasBody ? answerWithBody(route, ctx, request) : answerNow(route, ctx, request);
  };
}

/** A watch may go on for days: its duration, and that of its span, is how long it took to begin. */
function began({ res }: Context, spans: Spans): void {
  const exchange = exchangeOf(res);
  if (exchange !== undefined) {
    exchange.status = res.statusCode;
    exchange.end(res);
  }
  const span = spans.current();
  span?.setAttribute('http.response.status_code', res.statusCode);
  span?.finish();
}
