/** Errors that end as an answer: each carries its HTTP status and a code that never changes. */

/** Every code an answer can carry, with what its receiver can do; docs/api.md lists them with their causes. */
export const problems = {
  'invalid-path': {
    status: 400,
    title: 'The path cannot be decoded',
    action: 'Percent-encode the key as UTF-8, as encodeURIComponent does.',
  },
  'invalid-key': {
    status: 400,
    title: 'Not a key',
    action: 'Use a key of 1 to 1024 bytes of UTF-8 without NUL.',
  },
  'invalid-query': {
    status: 400,
    title: 'The query cannot be used',
    action: 'Correct the parameter that the detail names.',
  },
  'invalid-body': {
    status: 400,
    title: 'The body cannot be used',
    action: 'Correct the body as the detail says.',
  },
  'invalid-request': {
    status: 400,
    title: 'The request cannot be used',
    action: 'Correct the request as the detail says.',
  },
  'integer-overflow': {
    status: 400,
    title: 'The sum is no integer of 64 bits',
    action: 'Add a smaller amount, or set the key anew.',
  },
  unauthorized: {
    status: 401,
    title: 'No valid token',
    action: 'Send "Authorization: Bearer <token>" with a token that is in force.',
  },
  'read-only-token': {
    status: 403,
    title: 'The token may only read',
    action: 'Use a token that may write.',
  },
  'outside-prefixes': {
    status: 403,
    title: 'The token does not reach the key',
    action: "Use a key below the token's prefixes, which GET /whoami lists, or another token.",
  },
  'certificate-required': {
    status: 403,
    title: 'No valid client certificate',
    action: 'Connect with a certificate of an authority that the service accepts.',
  },
  'cross-site': {
    status: 403,
    title: 'Pages of other sites are refused',
    action: "Use a page of the service's own origin, or have the origin added to KV_ORIGINS.",
  },
  'key-not-found': {
    status: 404,
    title: 'No such key',
    action: 'Check the key: GET /search?prefix= lists those that exist.',
  },
  'unknown-path': {
    status: 404,
    title: 'No such path',
    action: 'Use a path that the detail names; GET /openapi.json describes them.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method does not fit the path',
    action: 'Use a method that the Allow header lists.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    action: 'Send the request again, faster or with less in it.',
  },
  'not-an-integer': {
    status: 409,
    title: 'The stored value is no integer of 64 bits',
    action: 'Read the key, and set an integer before it is incremented.',
  },
  'history-gone': {
    status: 410,
    title: 'The history does not go back that far',
    action: 'Read everything again, then watch from the ETag of that answer.',
  },
  'other-timeline': {
    status: 410,
    title: 'The event is of another history',
    action: 'Read everything again, then watch from the ETag of that answer.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The precondition does not hold',
    action: 'Read the key again, and decide anew.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    action: 'Send several requests with less in each, or raise the limit.',
  },
  'too-many-pairs': {
    status: 413,
    title: 'Too many pairs for one transaction',
    action: 'Send several requests with fewer pairs in each.',
  },
  'unsupported-encoding': {
    status: 415,
    title: 'The Content-Encoding is not known',
    action: 'Send the body in gzip, deflate, br or as it is.',
  },
  misdirected: {
    status: 421,
    title: 'The request is meant for another store',
    action: 'Check the address of the store, its names in KV_HOSTS, and the header KvStore-Identity.',
  },
  'rate-limited': {
    status: 429,
    title: 'The token has used up its rate',
    action: 'Try again after the seconds of Retry-After.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    action: 'Send a shorter target and less in headers.',
  },
  'data-corrupted': {
    status: 500,
    title: 'The stored data is damaged',
    action: 'Set or delete the key, or restore a backup; docs/damage.md has the steps.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    action: "Report it with the service's log of that time.",
  },
  'data-folder-lost': {
    status: 503,
    title: 'The data folder is gone',
    action: 'Bring the data folder back or restore a backup; docs/damage.md has the steps.',
  },
  overloaded: {
    status: 503,
    title: 'Too much is waiting',
    action: 'Try again after the seconds of Retry-After.',
  },
  unavailable: {
    status: 503,
    title: 'The store cannot answer now',
    action: 'Try again; a read with consistency=stale is answered meanwhile.',
  },
  'outcome-unknown': {
    status: 503,
    title: 'Whether the write happened is not known',
    action: 'Read the keys, then decide whether to write again.',
  },
  'slow-consumer': {
    status: 503,
    title: 'The client takes less than happens',
    action: 'Watch again from the last event, and read faster.',
  },
  'not-ready': {
    status: 503,
    title: 'Not ready',
    action: 'Wait until the service is ready.',
  },
  'unsupported-version': {
    status: 505,
    title: 'The version of HTTP is not supported',
    action: 'Send the request as HTTP/1.1.',
  },
  'storage-full': {
    status: 507,
    title: 'No space left to write',
    action: "Make space on the disk, or in etcd's quota.",
  },
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
