/** The one place where an error becomes an answer: RFC 9457 problem details. */
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { Problem, type ProblemCode, problems } from '../errors.ts';
import { exchangeOf } from './exchange.ts';

/** `onProblem` hears of every one. */
export function renderErrors(log: Logger, onProblem: (code: ProblemCode) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error);
      onProblem(problem.code);
      render(ctx, problem, log);
    }
  };
}

function toProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('internal', 'Unexpected error.', { cause: error });
}

function render(ctx: Context, problem: Problem, log: Logger): void {
  const level = levelOf(problem);
  if (level !== undefined) log[level]({ err: problem, method: ctx.method, route: ctx.state.route }, 'request failed');
  if (ctx.res.headersSent) {
    // Too late for another answer: cut the connection, so that nobody takes the beginning for the whole.
    const exchange = exchangeOf(ctx.res);
    if (exchange !== undefined) exchange.status = problem.status;
    ctx.res.destroy();
    return;
  }
  for (const [name, value] of Object.entries(problem.headers)) ctx.set(name, value);
  // A body that nobody read would stand before the next request on this connection; the request's time limit bounds it.
  // What it was piped to takes no more, and would hold it up for as long.
  if (!ctx.req.complete) ctx.req.unpipe().resume();
  ctx.remove('ETag');
  ctx.status = problem.status;
  ctx.body = problemText(problem);
  ctx.set('Content-Type', 'application/problem+json');
}

/** A fault of ours is an error; that the store cannot answer is worth a warning; what a client did, or a probe asked, no line. */
function levelOf({ code, status }: Problem): 'error' | 'warn' | undefined {
  if (code === 'internal') return 'error';
  return status >= 500 && code !== 'not-ready' ? 'warn' : undefined;
}

/** The answer's JSON; also for requests that never became one. */
export function problemText(problem: Problem): string {
  return JSON.stringify({
    type: `urn:kvstore:problem:${problem.code}`,
    title: problems[problem.code].title,
    status: problem.status,
    code: problem.code,
    detail: problem.expose ? problem.message : undefined,
  });
}
