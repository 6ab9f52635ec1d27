/** Errors that end as an answer: each carries its HTTP status and a code that never changes. */

/** Every code an answer can carry; docs/api.md lists them with their causes. */
export const problems = {
  'invalid-path': { status: 400, title: 'The path cannot be decoded' },
  'invalid-key': { status: 400, title: 'Not a key' },
  'invalid-query': { status: 400, title: 'The query cannot be used' },
  'invalid-body': { status: 400, title: 'The body cannot be used' },
  'invalid-request': { status: 400, title: 'The request cannot be used' },
  'integer-overflow': { status: 400, title: 'The sum is no integer of 64 bits' },
  unauthorized: { status: 401, title: 'No valid token' },
  'read-only-token': { status: 403, title: 'The token may only read' },
  'outside-prefixes': { status: 403, title: 'The token does not reach the key' },
  'certificate-required': { status: 403, title: 'No valid client certificate' },
  'cross-site': { status: 403, title: 'Pages of other sites are refused' },
  'key-not-found': { status: 404, title: 'No such key' },
  'unknown-path': { status: 404, title: 'No such path' },
  'method-not-allowed': { status: 405, title: 'The method does not fit the path' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'not-an-integer': { status: 409, title: 'The stored value is no integer of 64 bits' },
  'history-gone': { status: 410, title: 'The history does not go back that far' },
  'other-timeline': { status: 410, title: 'The event is of another history' },
  'precondition-failed': { status: 412, title: 'The precondition does not hold' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'too-many-pairs': { status: 413, title: 'Too many pairs for one transaction' },
  'unsupported-encoding': { status: 415, title: 'The Content-Encoding is not known' },
  misdirected: { status: 421, title: 'The request is meant for another store' },
  'rate-limited': { status: 429, title: 'The token has used up its rate' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'data-corrupted': { status: 500, title: 'The stored data is damaged' },
  internal: { status: 500, title: 'Something went wrong here' },
  'data-folder-lost': { status: 503, title: 'The data folder is gone' },
  overloaded: { status: 503, title: 'Too much is waiting' },
  unavailable: { status: 503, title: 'The store cannot answer now' },
  'outcome-unknown': { status: 503, title: 'Whether the write happened is not known' },
  'slow-consumer': { status: 503, title: 'The client takes less than happens' },
  'not-ready': { status: 503, title: 'Not ready' },
  'storage-full': { status: 507, title: 'No space left to write' },
} as const;

export type ProblemCode = keyof typeof problems;

export interface ProblemOptions {
  /** Headers of the answer, such as Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What led to it; logged, never sent. */
  readonly cause?: unknown;
  /** Further members of the answer (RFC 9457, 3.2), by names that are none of its own. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** An error whose message may be sent to the client (an RFC 9457 problem), except for code `internal`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  /** Koa's convention: may the message be sent? */
  readonly expose: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: ProblemOptions['members'];

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = problems[code].status;
    this.expose = code !== 'internal';
    this.headers = options.headers ?? {};
    this.members = options.members;
  }
}

/** Too much is under way: the same request may well succeed in a second. */
export function overloaded(message: string): Problem {
  return new Problem('overloaded', message, { headers: { 'Retry-After': '1' } });
}

/** The store cannot answer now: the same request may well succeed in a second. */
export function unavailable(message: string, cause?: unknown): Problem {
  return new Problem('unavailable', message, { headers: { 'Retry-After': '1' }, cause });
}
