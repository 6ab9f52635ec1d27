/** Answers to what never became a request: not HTTP, too long, too slow. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode, problems } from '@kvstore/core/problem.ts';
import { problemAnswer } from '../answers/problem.ts';
import { allMethods } from '../site/openapi/methods.ts';
import { endNow } from '../telemetry/exchange.ts';

/** Bytes of a request's headers, the target included: a key of 1024 bytes takes 3072 when all is escaped. */
export const maxHeaderSize = 16 * 1024;

/** Milliseconds in which a refused client may read its answer, while what it still sends is thrown away. */
const lingerTime = 1000;

type Headers = Readonly<Record<string, string>>;

/** Called for each refusal, answered or not; `isServed`: it ends a request that was being served. */
export type OnRefused = (code: ProblemCode, isServed: boolean) => void;

/** For the server's `clientError` event. `more`: headers that every answer has. */
export function refuse(error: NodeJS.ErrnoException, socket: Duplex, onProblem: OnRefused, more: Headers): void {
  // Each further piece of what is not HTTP is an error again; the answer is on its way already.
  if (socket.writableEnded && !socket.destroyed) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, message] = refusalOf(error);
  if (isOfAnAnswer(socket)) {
    cutUnanswered(socket, code, onProblem);
    return;
  }
  const { _httpMessage: current } = socket as WithState;
  // The rest of a request took too long, or was not HTTP: that is how it ended.
  if (current != null) endNow(current, problems[code].status);
  onProblem(code, current != null);
  answerBare(socket, new Problem(code, message, { headers: more }));
}

/** For the server's `connect` event: this is no proxy. */
export function refuseConnect(socket: Duplex, onProblem: OnRefused, more: Headers): void {
  if (isOfAnAnswer(socket)) {
    cutUnanswered(socket, 'method-not-allowed', onProblem);
    return;
  }
  onProblem('method-not-allowed', false);
  const headers = { Allow: allMethods.join(', '), ...more };
  answerBare(socket, new Problem('method-not-allowed', 'The service is no proxy: CONNECT fits no path.', { headers }));
}

/** What Node's own handlers look at: the answer that is being made, and the request that is being read. */
interface WithState extends Duplex {
  readonly _httpMessage?: ServerResponse | null;
  readonly parser?: { readonly incoming: IncomingMessage | null } | null;
}

/**
 * True: a refusal would be taken for the answer to a request that has one of its own, be it under way (the request is
 * all there, or its answer has begun) or sent already, before the rest of the request came.
 */
function isOfAnAnswer(socket: Duplex): boolean {
  const { _httpMessage: current } = socket as WithState;
  if (current != null) return current.headersSent || current.req.complete;
  return arriving(socket) !== undefined;
}

/** The request of which not all has come, though its head has; undefined: there is none. The one before it may still be there. */
export function arriving(socket: Duplex): IncomingMessage | undefined {
  const { parser } = socket as WithState;
  return parser?.incoming?.complete === false ? parser.incoming : undefined;
}

/** What comes behind a request counts for itself, the rest of one that has its answer does not. */
function cutUnanswered(socket: Duplex, code: ProblemCode, onProblem: OnRefused): void {
  if (arriving(socket) === undefined) onProblem(code, false);
  socket.destroy();
}

/** Writes a problem where there is no response object, and ends the connection. */
function answerBare(socket: Duplex, problem: Problem): void {
  // Node listens no more: a client that resets the connection now must not end the process.
  socket.on('error', () => {});
  const { status, headers, text } = problemAnswer(problem);
  const all = [...headers, 'Date', new Date().toUTCString(), 'Connection', 'close'];
  const lines = all.map((part, i) => (i % 2 === 0 ? `${part}: ` : `${part}\r\n`));
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
  const linger = setTimeout(() => socket.destroy(), lingerTime);
  socket.once('close', () => clearTimeout(linger));
}

type Refusal = readonly [code: ProblemCode, message: string];

export const otherVersion = 'The service speaks HTTP/1.1, and HTTP/1.0.';

const notHttp: Refusal = ['invalid-request', 'This is not an HTTP/1.1 request.'];
const refusedVersion: Refusal = ['unsupported-version', otherVersion];
/** By the error's code. */
const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request took too long to arrive.'],
  HPE_INVALID_EOF_STATE: ['invalid-request', 'The request ended before all of it had come.'],
  HPE_INVALID_URL: [
    'invalid-request',
    'The target has a character that must be percent-encoded, as all beyond ASCII are.',
  ],
  // The first bytes of HTTP/2.
  HPE_PAUSED_H2_UPGRADE: refusedVersion,
  HPE_HEADER_OVERFLOW: ['headers-too-large', `Target and headers have at most ${maxHeaderSize} bytes together.`],
};

/** The code of the parser's error is the same for a line that ends in another way than it must. */
function refusalOf({ code = '', reason }: NodeJS.ErrnoException & { readonly reason?: string }): Refusal {
  return reason === 'Invalid HTTP version' ? refusedVersion : (refusals[code] ?? notHttp);
}
