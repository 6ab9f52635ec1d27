/** What an operation answers. One sender (send.ts) puts each kind on a response. */
import type { Writable } from 'node:stream';
import type { ProblemCode } from '../errors.ts';

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
}

/** Bytes that are ready. Its headers have the Content-Length. */
export interface BytesAnswer extends AnswerHead {
  readonly kind: 'bytes';
  readonly parts: readonly Buffer[];
  /** Bytes of all parts. */
  readonly length: number;
  /** Called once, when the response has ended, however it ends. */
  release(): void;
}

/** A text that may be larger than memory: read slice by slice, as fast as the client takes it. */
export interface SlicedAnswer extends AnswerHead {
  readonly kind: 'slices';
  readonly slices: Iterable<string>;
  /** Called once, when the last slice has been read or the client has gone. */
  release(): void;
}

/** Events until one side ends it. */
export interface EventsAnswer extends AnswerHead {
  readonly kind: 'events';
  /** Resolves when the stream has begun; calls `begin` right before its first event. Rejects with a Problem. */
  open(to: Writable, begin: () => void): Promise<void>;
}

export type Answer = TextAnswer | BytesAnswer | SlicedAnswer | EventsAnswer;

export function textAnswer(
  status: number,
  headers: readonly string[],
  text: string,
  problem?: ProblemCode,
  etag?: string,
): TextAnswer {
  const length = Buffer.byteLength(text);
  return {
    kind: 'text',
    status,
    headers: [...headers, 'Content-Length', String(length)],
    text,
    // As many bytes as characters: all is ASCII.
    encoding: length === text.length ? 'latin1' : 'utf8',
    problem,
    etag,
  };
}

const jsonType = ['Content-Type', 'application/json'];

/** 200 with JSON. `etag`: quotes included. */
export function jsonAnswer(text: string, etag?: string): TextAnswer {
  return textAnswer(200, etag === undefined ? jsonType : ['ETag', etag, ...jsonType], text, undefined, etag);
}

/** An answer without a body, such as 204 and 304. */
export function emptyAnswer(status: number, headers: readonly string[] = []): TextAnswer {
  return { kind: 'text', status, headers, text: '', encoding: 'latin1', problem: undefined, etag: undefined };
}

/** The same answer with more headers in front. */
export function withHeaders<A extends Answer>(answer: A, headers: readonly string[]): A {
  return headers.length === 0 ? answer : { ...answer, headers: [...headers, ...answer.headers] };
}
