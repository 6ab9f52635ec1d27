/** From a request whose route is known to its answer on the response. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { type Answer, hasHeader } from '../answers/answer.ts';
import { notStored } from '../answers/cache-control.ts';
import { isCompressible } from '../answers/compress.ts';
import type { Send } from '../answers/send.ts';
import type { Audit } from '../audit/audit.ts';
import type { EventLoopScheduler } from '../flow-control/event-loop-scheduler.ts';
import type { ReadBody } from '../requests/body/body.ts';
import type { GatheringRequest } from '../requests/body/gathering-request.ts';
import { noBody, type RawRequest } from '../requests/raw-request.ts';
import { endNow, setRoute } from '../telemetry/exchange.ts';
import type { HttpMetrics } from '../telemetry/http-metrics.ts';
import type { Route } from './routes.ts';
import type { CheckOrigin } from './same-origin.ts';

export interface AnswerRouteParts {
  readonly send: Send;
  readonly readBody: ReadBody;
  readonly metrics: Pick<HttpMetrics, 'problem'>;
  readonly audit: Audit | undefined;
  readonly checkOrigin: CheckOrigin;
  /** Learns how long each write takes the store. */
  readonly scheduler: Pick<EventLoopScheduler, 'writeBegan' | 'writeEnded'>;
  /** What caches may do with the answer to a read. */
  readonly caching: readonly string[];
  /** Makes the answer what the request's client takes; undefined: none is compressed. */
  readonly inCoding: ((request: IncomingMessage, answer: Answer) => Answer | Promise<Answer>) | undefined;
}

/** Resolves when the answer has been sent, or the events have begun. Throws or rejects with what is to be answered instead. */
export type AnswerRoute = (route: Route, ctx: Context) => Promise<void> | undefined;

export function answerRoutes(parts: AnswerRouteParts): AnswerRoute {
  const { send, readBody, metrics, audit, checkOrigin, scheduler, caching, inCoding } = parts;
  const codings = ['Vary', 'Accept-Encoding'];
  const cachingOfCodings = [...caching, ...codings];
  const wrote = audit?.wrote;
  const cachingOf = ({ access, path, method }: Route, answer: Answer): readonly string[] | undefined => {
    // Some have their own: pages, probes, metrics, events.
    const varies = inCoding !== undefined && isCompressible(path);
    if (access === 'open' || hasHeader(answer, 'Cache-Control')) return varies ? codings : undefined;
    // The answer to a POST depends on its body, which caches do not look at.
    return method !== 'GET' ? notStored : varies ? cachingOfCodings : caching;
  };
  const finish = (route: Route, ctx: Context, answer: Answer): Promise<void> | undefined => {
    const problem = answer.kind === 'text' ? answer.problem : undefined;
    if (problem !== undefined && !ctx.res.destroyed) metrics.problem(problem);
    const request: RawRequest = ctx.state;
    if (route.hasBody) {
      // What answers a read counts where all answers do.
      const counts = route.access === 'write' && answer.kind === 'text';
      (ctx.req as GatheringRequest).answered(counts ? answer.text.length : 0);
    }
    if (request.isWrite) wrote?.(request, ctx.res, answer.status, problem);
    if (inCoding === undefined || !isCompressible(route.path)) return sendAs(route, ctx, answer);
    // What asks for no coding pays for none.
    const asksForNone = request.headers['accept-encoding'] === undefined;
    const coded = asksForNone ? answer : inCoding(ctx.req, answer);
    return 'then' in coded ? coded.then((ready) => sendAs(route, ctx, ready)) : sendAs(route, ctx, coded);
  };
  const sendAs = (route: Route, ctx: Context, answer: Answer): Promise<void> | undefined => {
    const sending = send(ctx.res, answer, cachingOf(route, answer), route.access === 'write');
    return answer.kind === 'events' ? sending?.then(() => began(ctx)) : sending;
  };
  // Not async functions: a promise more is a part of what a read costs.
  const answerNow = (route: Route, ctx: Context, request: RawRequest): Promise<void> | undefined => {
    const answer = route.answer(request);
    if (!('then' in answer)) return finish(route, ctx, answer);
    return route.access === 'write'
      ? answerWrite(route, ctx, answer)
      : answer.then((ready) => finish(route, ctx, ready));
  };
  const answerWrite = (route: Route, ctx: Context, answer: Promise<Answer>): Promise<void> => {
    scheduler.writeBegan();
    return answer.then(
      (ready) => {
        scheduler.writeEnded();
        return finish(route, ctx, ready);
      },
      (error: unknown) => {
        scheduler.writeEnded();
        throw error;
      },
    );
  };
  const answerWithBody = (route: Route, ctx: Context, request: RawRequest): Promise<void> =>
    readBody(ctx.req).then((body) => {
      request.body = body;
      const answering = answerNow(route, ctx, request);
      // The parser has read it: a write that waits for the disk holds its pairs, not the body as well.
      request.body = noBody;
      return answering;
    });
  return (route, ctx) => {
    const request: RawRequest = ctx.state;
    setRoute(ctx.res, route.path);
    if (route.access === 'write') {
      request.isWrite = true;
      // A socket knows its client after its end only when it was asked before.
      if (wrote !== undefined) void ctx.req.socket.remoteAddress;
    }
    if (route.access !== 'open') checkOrigin(request.headers, route.access, route.method);
    return route.hasBody ? answerWithBody(route, ctx, request) : answerNow(route, ctx, request);
  };
}

/** A watch may go on for days: its duration, and that of its span, is how long it took to begin. */
function began({ res }: Context): void {
  endNow(res, res.statusCode);
}
