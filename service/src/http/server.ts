/** The HTTP server around the application: limits on connections, and an end that resets nobody. */
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Problem, type ProblemCode } from '../errors.ts';
import { problemText } from './render-errors.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Milliseconds for a request's headers to arrive. */
  readonly headersTimeout: number;
  /** Milliseconds for a whole request to arrive. */
  readonly requestTimeout: number;
  /** Milliseconds that an idle connection stays open: longer than a proxy in front keeps it. */
  readonly keepAliveTimeout: number;
  /** Bytes of a request's body; above it, a client that asks first (Expect: 100-continue) is told not to send. */
  readonly maxBody: number;
}

/** Whether the server is shutting down. */
export interface Drain {
  draining: boolean;
}

/** Bytes of a request's headers, the target included: a key of 1024 bytes takes 3072 when all is escaped. */
const maxHeaderSize = 16 * 1024;

/** Listens; rejects with a clear message when the port is taken or not allowed. */
export async function listen(handler: RequestListener, drain: Drain, options: ServerOptions): Promise<Server> {
  const server = createHttpServer({
    maxHeaderSize,
    headersTimeout: options.headersTimeout,
    requestTimeout: options.requestTimeout,
    keepAliveTimeout: options.keepAliveTimeout,
    connectionsCheckingInterval: Math.min(1000, options.headersTimeout / 4),
  });
  const answer: RequestListener = (request, response) => {
    // A client that is told so opens its next connection elsewhere.
    if (drain.draining) response.shouldKeepAlive = false;
    handler(request, response);
  };
  server.on('request', answer);
  server.on('checkContinue', (request, response) => {
    if (Number(request.headers['content-length'] ?? 0) <= options.maxBody) response.writeContinue();
    else response.shouldKeepAlive = false;
    answer(request, response);
  });
  server.on('clientError', refuse);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, options)));
    server.listen(options.port, options.host, () => resolve());
  });
  return server;
}

export function addressOf(server: Server): AddressInfo {
  return server.address() as AddressInfo;
}

function cannotListen(cause: NodeJS.ErrnoException, { host, port }: ServerOptions): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process uses the port',
    EACCES: 'this user may not use the port',
    EADDRNOTAVAIL: 'this machine does not have the address',
    ENOTFOUND: 'the name is not known',
  };
  const why = reasons[cause.code ?? ''] ?? cause.message;
  return new Error(`Cannot listen on ${host}:${port}: ${why}.`, { cause });
}

/** Answers what never became a request: not HTTP, too long, too slow. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, phrase, message] = refusals[error.code ?? ''] ?? notHttp;
  const problem = new Problem(code, message);
  const body = problemText(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${phrase}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

type Refusal = readonly [code: ProblemCode, phrase: string, message: string];

const notHttp: Refusal = ['invalid-request', 'Bad Request', 'This is not an HTTP/1.1 request.'];
const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'Request Timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [
    'headers-too-large',
    'Request Header Fields Too Large',
    `Target and headers have at most ${maxHeaderSize} bytes together.`,
  ],
};
