/**
 * Which answers are this API's. A proxy, a login page or another service also answers, often with 200: such an answer is
 * an error that says what was received, and never a value, a success or a missing key.
 */
import type { IncomingMessage } from 'node:http';
import { parseRetryAfter } from '@kvstore/core/retry-after.js';
import { type FailedKeys, NotAKvStoreError, type ReportedProblem, ServerError } from './server-error.ts';
import { isObject } from './shapes.ts';

/** What a call is answered with when it succeeds. */
export type Form = keyof typeof forms;

/**
 * The type of each form; whether it has an entity tag, as what shows data has; and whether it has to be asked for, since the
 * path alone does not say it.
 */
const forms = {
  json: { type: 'application/json', hasTag: true, isAsked: false },
  lines: { type: 'application/x-ndjson', hasTag: true, isAsked: true },
  events: { type: 'text/event-stream', hasTag: false, isAsked: true },
  probe: { type: 'application/json', hasTag: false, isAsked: false },
  metrics: { type: 'text/plain', hasTag: false, isAsked: false },
} as const;

/** What a proxy on the way may say of a request, without meaning the store's data. */
const ofProxies: ReadonlySet<number> = new Set([401, 403, 408, 413, 429]);

/** Characters that are read of an answer that is not this API's. */
const longestShown = 2000;

/** And of a problem: that of a transaction has up to 10,000 keys of 1 KiB, each character of which may be escaped in six. */
const longestProblem = 64 * 1024 * 1024;

const entityTag = /^"[0-9a-z]{8}-\d/;

/** The header of a call that is to be answered in this form. */
export function acceptOf(form: Form): { readonly Accept?: string } {
  const { type, isAsked } = forms[form];
  return isAsked ? { Accept: type } : {};
}

/** Whether a successful answer has the type and, for data, the entity tag that this API gives. */
export function isOurs({ statusCode, headers }: IncomingMessage, form: Form): boolean {
  const { type, hasTag } = forms[form];
  if (statusCode !== 200 || typeOf(headers['content-type']) !== type) return false;
  return !hasTag || entityTag.test(headers.etag ?? '');
}

/** Whether the answer says that this version is the present one: with its entity tag, which no proxy's own 304 makes up. */
export function isUnchanged({ statusCode, headers }: IncomingMessage, version: string): boolean {
  return statusCode === 304 && headers.etag === `"${version}"`;
}

/** What an answer that is no success, or not ours, is to the user. Reads a part of it. @param now Unix milliseconds */
export async function errorOf(response: IncomingMessage, url: string, now: number): Promise<Error> {
  const { statusCode: status = 0, headers } = response;
  const isProblem = typeOf(headers['content-type']) === 'application/problem+json';
  const body = await beginningOf(response, isProblem ? longestProblem : longestShown);
  const problem = isProblem ? parseProblem(body) : undefined;
  if (status >= 400 && (problem !== undefined || status >= 500 || ofProxies.has(status))) {
    return new ServerError(status, problem, parseRetryAfter(headers['retry-after'], now));
  }
  return new NotAKvStoreError(url, described(response, body));
}

/** The error for a body that is not what its headers promise. */
export function brokenBody(url: string, response: IncomingMessage, body: string, cause: unknown): NotAKvStoreError {
  return new NotAKvStoreError(url, described(response, body), cause);
}

function described({ statusCode, headers }: IncomingMessage, body: string): string {
  if (headers.location !== undefined && statusCode !== undefined && statusCode >= 300 && statusCode < 400) {
    return `it redirects (${statusCode}) to ${headers.location}. If the store is there, use that as --url`;
  }
  const type = headers['content-type'] ?? 'no Content-Type';
  const text = body.replaceAll(/\s+/g, ' ').trim().slice(0, 80);
  return `it answers ${statusCode} with ${type}, ${text === '' ? 'without a body' : JSON.stringify(text)}`;
}

async function beginningOf(response: IncomingMessage, most: number): Promise<string> {
  let text = '';
  try {
    response.setEncoding('utf8');
    for await (const piece of response) {
      text += piece;
      if (text.length > most) break;
    }
  } catch {
    // What has arrived says enough.
  }
  return text;
}

/** RFC 9457, with the type that only this API gives. */
function parseProblem(body: string): ReportedProblem | undefined {
  try {
    const { type, code, detail, action, failed } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (typeof code !== 'string' || type !== `urn:kvstore:problem:${code}`) return undefined;
    return { code, detail: textOf(detail), action: textOf(action), failed: isFailed(failed) ? failed : undefined };
  } catch {
    return undefined;
  }
}

function textOf(member: unknown): string | undefined {
  return typeof member === 'string' ? member : undefined;
}

function isFailed(member: unknown): member is FailedKeys {
  return isObject(member) && Object.values(member).every((tag) => tag === null || typeof tag === 'string');
}

function typeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';')[0]?.trim().toLowerCase();
}
