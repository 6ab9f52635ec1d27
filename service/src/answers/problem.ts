/** Errors as answers: RFC 9457 problem details. */
import { Problem, problems } from '@kvstore/core/problem.ts';
import { type TextAnswer, textAnswer } from './answer.ts';
import { notStored } from './cache-control.ts';

/** Any error as a problem: what is none becomes `internal`, whose message is not sent. */
export function toProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('internal', 'Unexpected error.', { cause: error });
}

/** @param caching what caches may do with it: as a rule, nothing */
export function problemAnswer(problem: Problem, caching: readonly string[] = notStored): TextAnswer {
  const headers = Object.entries(problem.headers).flat();
  return textAnswer(
    problem.status,
    [...headers, ...caching, 'Content-Type', 'application/problem+json'],
    problemText(problem),
    problem.code,
  );
}

/** The answer's JSON; also for requests that never became one. */
export function problemText(problem: Problem): string {
  const { title, action } = problems[problem.code];
  return JSON.stringify({
    type: `urn:kvstore:problem:${problem.code}`,
    title,
    status: problem.status,
    code: problem.code,
    // What went wrong inside is not told: the log has it.
    detail: problem.expose ? problem.message : 'The service failed at this request; its log says why.',
    action,
    ...problem.members,
  });
}
