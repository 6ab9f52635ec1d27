/** A JSON answer that is ready to be sent. */
import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Problem, ProblemCode } from '../errors.ts';
import { problemText } from './render-errors.ts';

export interface Answer {
  readonly status: number;
  /** Undefined: it is none. */
  readonly problem: ProblemCode | undefined;
  /** Names and values in turn, which node:http takes as they are. */
  readonly headers: OutgoingHttpHeader[];
  readonly text: string;
  /** What is all ASCII goes out faster as what it is. */
  readonly encoding: 'latin1' | 'utf8';
}

/** `etag`: quotes included. */
export function jsonAnswer(text: string, etag?: string): Answer {
  const headers = ['Content-Type', 'application/json'];
  if (etag !== undefined) headers.unshift('ETag', etag);
  return ready(200, undefined, headers, text);
}

/** As the application renders it, for a problem that nobody need hear of and that has no headers of its own. */
export function problemAnswer(problem: Problem): Answer {
  return ready(problem.status, problem.code, ['Content-Type', 'application/problem+json'], problemText(problem));
}

function ready(status: number, problem: ProblemCode | undefined, headers: string[], text: string): Answer {
  const length = Buffer.byteLength(text);
  headers.push('Content-Length', String(length));
  // As many bytes as characters: all is ASCII.
  return { status, problem, headers, text, encoding: length === text.length ? 'latin1' : 'utf8' };
}

/** `etag`: of an answer that has none of its own, quotes included. */
export function sendAnswer(response: ServerResponse, { status, headers, text, encoding }: Answer, etag?: string): void {
  response.writeHead(status, etag === undefined ? headers : ['ETag', etag, ...headers]);
  response.end(text, encoding);
}
