/** What an operation answers. One sender (send.ts) puts each kind on a response. */
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Problem, ProblemCode } from '@kvstore/core/problem.ts';
import type { CodedForms } from './coded-forms.ts';
import type { Coding } from './codings.ts';
import type { SharedBytes } from './shared-bytes.ts';

interface AnswerHead {
  readonly status: number;
  /** Names and values in turn, which node:http takes as they are. */
  readonly headers: readonly string[];
}

/** A text that is ready. Its headers have the Content-Length. */
export interface TextAnswer extends AnswerHead {
  readonly kind: 'text';
  readonly text: string;
  /** A text that is all ASCII goes out faster as latin1. */
  readonly encoding: 'latin1' | 'utf8';
  /** The code, when the answer is a problem. */
  readonly problem: ProblemCode | undefined;
  /** Of what is shown, quotes included; undefined: it has none of its own. */
  readonly etag: string | undefined;
  /** The same text in codings, of what is kept ready; undefined: it is not kept, or too short. */
  readonly forms?: CodedForms | undefined;
  /** Its bytes, of a long text that is kept ready; undefined: it is not kept, or short. */
  readonly shared?: SharedBytes | undefined;
}

/** Bytes that are ready. Its headers have the Content-Length. */
export interface BytesAnswer extends AnswerHead {
  readonly kind: 'bytes';
  readonly parts: readonly Buffer[];
  /** Bytes of all parts. */
  readonly length: number;
  /** The same bytes in codings, of what is kept ready; undefined: they are not kept. */
  readonly forms?: CodedForms;
  /** Called once, when the response has ended, however it ends. */
  release(): void;
}

/** A text that may be larger than memory: read slice by slice, as fast as the client takes it. */
export interface SlicedAnswer extends AnswerHead {
  readonly kind: 'slices';
  readonly slices: Iterable<string | Buffer>;
  /** How it is compressed on its way; undefined: not at all. */
  readonly coding?: Coding;
  /** Called once with what ends it before its last slice: a problem that is its client's doing. */
  onCut(end: (problem: Problem) => void): void;
  /** Called once, when the client has taken the last slice or has gone. */
  release(): void;
}

/** The stream that events are written to, and its connection. */
export interface EventsTarget extends Writable {
  /** Null: it is closed. */
  readonly socket: Socket | null;
}

/** Events until one side ends it. */
export interface EventsAnswer extends AnswerHead {
  readonly kind: 'events';
  /** Resolves when the stream has begun; calls `begin` right before its first event. Rejects with a Problem. */
  open(to: EventsTarget, begin: () => void): Promise<void>;
}

export type Answer = TextAnswer | BytesAnswer | SlicedAnswer | EventsAnswer;

export function textAnswer(
  status: number,
  headers: readonly string[],
  text: string,
  problem?: ProblemCode,
): TextAnswer {
  const length = Buffer.byteLength(text);
  return ready(
    status,
    [...headers, ...forBrowsers, 'Content-Length', String(length)],
    text,
    length,
    problem,
    undefined,
  );
}

/** What browsers make of an answer: they guess no other type, and no page of another origin can embed it. */
export const forBrowsers = [
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Resource-Policy',
  'same-origin',
] as const;

const [options, nosniff, policy, sameOrigin] = forBrowsers;

/** 200 with JSON. `etag`: quotes included. */
export function jsonAnswer(text: string, etag?: string): TextAnswer {
  const length = Buffer.byteLength(text);
  const size = String(length);
  // Written out twice: lists that are spread into one another make a set measurably slower.
  const headers =
    etag === undefined
      ? ['Content-Type', 'application/json', options, nosniff, policy, sameOrigin, 'Content-Length', size]
      : [
          'ETag',
          etag,
          'Content-Type',
          'application/json',
          options,
          nosniff,
          policy,
          sameOrigin,
          'Content-Length',
          size,
        ];
  return ready(200, headers, text, length, undefined, etag);
}

function ready(
  status: number,
  headers: readonly string[],
  text: string,
  length: number,
  problem: ProblemCode | undefined,
  etag: string | undefined,
): TextAnswer {
  // As many bytes as characters: all is ASCII.
  const encoding = length === text.length ? 'latin1' : 'utf8';
  return { kind: 'text', status, headers, text, encoding, problem, etag, forms: undefined };
}

/** An answer without a body, such as 204 and 304. */
export function emptyAnswer(status: number, headers: readonly string[] = []): TextAnswer {
  return ready(status, headers, '', 0, undefined, undefined);
}

/** Whether an answer has a header, by the name as all answers spell it. Looks at names alone, every other item of the list. */
export function hasHeader({ headers }: AnswerHead, name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return true;
  return false;
}

/** The same answer with more headers in front. */
export function withHeaders<A extends Answer>(answer: A, headers: readonly string[]): A {
  return headers.length === 0 ? answer : { ...answer, headers: [...headers, ...answer.headers] };
}
