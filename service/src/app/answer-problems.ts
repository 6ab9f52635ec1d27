/** The one place where an error becomes an answer. */
import type { ServerResponse } from 'node:http';
import type { Problem, ProblemCode } from '@kvstore/core/problem.ts';
import type { Context, Next } from 'koa';
import type { Logger } from 'pino';
import { problemAnswer, toProblem } from '../answers/problem.ts';
import type { Send } from '../answers/send.ts';
import type { Audit } from '../audit/audit.ts';
import { RateLimit } from '../flow-control/rate-limit.ts';
import type { GatheringRequest } from '../requests/body/gathering-request.ts';
import type { RawRequest } from '../requests/raw-request.ts';
import { sendBeforeBody } from '../server/send-before-body.ts';
import { clientClosedRequest, exchangeOf } from '../telemetry/exchange.ts';
import type { HttpMetrics } from '../telemetry/http-metrics.ts';
import { requestFields } from '../telemetry/request-fields.ts';

export interface AnswerProblemsParts {
  readonly send: Send;
  readonly log: Logger;
  readonly metrics: Pick<HttpMetrics, 'problem'>;
  readonly audit: Audit | undefined;
}

/** A middleware that may be done when it returns: most reads are, and a promise for each is a part of what they cost. */
export type Layer = (ctx: Context, next: Next) => Promise<void> | undefined;

/** The layer, and whatever it goes on to, with a problem as the answer when it throws or rejects. */
export function answerProblems({ send, log, metrics, audit }: AnswerProblemsParts, layer: Layer): Layer {
  const logProblem = problemLog(log);
  const answerWith = (ctx: Context, error: unknown) => {
    const { req, res } = ctx;
    const isLate = res.headersSent;
    // It is counted as left, with its time: no client has this answer.
    const hasLeft = res.destroyed && !isLate;
    // What is answered counts where all answers do.
    (req as Partial<GatheringRequest>).answered?.(0);
    const problem = isLate || hasLeft ? toProblem(error) : sendProblem(res, toProblem(error), send);
    if (!hasLeft) metrics.problem(problem.code);
    logProblem(ctx, problem, hasLeft ? clientClosedRequest : problem.status);
    if (audit !== undefined) noteProblem(ctx, problem, audit);
    if (isLate) cutOff(res, problem);
  };
  return (ctx, next) => {
    try {
      return layer(ctx, next)?.catch((error: unknown) => answerWith(ctx, error));
    } catch (error) {
      answerWith(ctx, error);
      return undefined;
    }
  };
}

function noteProblem({ state, res }: Context, { status, code }: Problem, { refused, wrote }: Audit): void {
  // Undefined: it could not even be split into path and query.
  const request: RawRequest | undefined = state;
  if (request === undefined) return;
  if (status === 401 || status === 403) refused(request, res, status, code);
  else if (request.isWrite) wrote?.(request, res, status, code);
}

/** Returns what was sent: a condition that does not hold names all of its keys, and for so long an answer there may be no room. */
function sendProblem(response: ServerResponse, problem: Problem, send: Send): Problem {
  try {
    sendBeforeBody(response, problemAnswer(problem), send);
    return problem;
  } catch (error) {
    const refusal = toProblem(error);
    sendBeforeBody(response, problemAnswer(refusal));
    return refusal;
  }
}

/** Too late for another answer: the connection is cut, so that no client takes the beginning for the whole. */
function cutOff(response: ServerResponse, { status }: Problem): void {
  const exchange = exchangeOf(response);
  if (exchange !== undefined) exchange.status = status;
  response.destroy();
}

/** What a probe asked, or a client did. */
const unlogged: ReadonlySet<ProblemCode> = new Set(['not-ready', 'unsupported-version']);

/** A fault of ours is an error; that the store cannot answer is worth a warning; what a client did, or a probe asked, no line. */
function problemLog(log: Logger): (ctx: Context, problem: Problem, counted: number) => void {
  // A crowd that is refused gets a line a second: one for each would fill the log. All are counted.
  const refusals = new RateLimit(1);
  return ({ req, res }, problem, counted) => {
    const { code, status } = problem;
    const level = code === 'internal' ? 'error' : status >= 500 && !unlogged.has(code) ? 'warn' : undefined;
    if (level === undefined) return;
    if (code === 'overloaded' && refusals.take() === undefined) return;
    const { route, seconds = 0 } = exchangeOf(res) ?? {};
    const request = requestFields({ method: req.method, route, status: counted, code, seconds });
    log[level]({ ...request, err: problem }, 'request failed');
  };
}
