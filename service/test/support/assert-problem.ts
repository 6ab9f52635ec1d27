/** The shape that every error has. */
import { type ProblemCode, problems } from '@kvstore/core/problem.ts';
import type { ExecutionContext } from 'ava';
import type { Answer } from './call.ts';

/** Asserts an RFC 9457 answer of a code; returns its `detail`. */
export function assertProblem(t: ExecutionContext, answer: Answer, code: ProblemCode): string {
  t.is(answer.headers['content-type'], 'application/problem+json', answer.text);
  const { status, title, action } = problems[code];
  t.is(answer.status, status, answer.text);
  const { detail, ...rest } = JSON.parse(answer.text);
  t.deepEqual(rest, { type: `urn:kvstore:problem:${code}`, title, status, code, action });
  t.is(answer.headers.etag, undefined);
  return detail;
}

/** The same for an answer that was read from a bare connection. */
export function assertRawProblem(t: ExecutionContext, text: string, code: ProblemCode): string {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines
      .map((line) => /^([^:]*): (.*)$/.exec(line)?.slice(1) ?? [line, ''])
      .map(([name = '', value = '']) => [name.toLowerCase(), value]),
  );
  const status = Number(/^HTTP\/1\.1 (\d{3}) \S/.exec(statusLine)?.[1]);
  const body = text.slice(end + 4);
  t.is(headers['content-length'], String(body.length), text);
  return assertProblem(t, { status, headers, text: body, connection: undefined }, code);
}
