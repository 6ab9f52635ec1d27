/**
 * The HTTP port beside what a program is there for: probes and metrics, which have few and short-lived clients. Who reaches
 * it needs no token, so each connection gets one answer and little time (docs/adr/0327).
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseNoMore } from './parse-no-more.ts';

export interface SideAnswer {
  readonly status: number;
  /** Names and values in turn, the Content-Length among them. */
  readonly headers: readonly string[];
  /** A Buffer is not copied for each client that takes it slowly. */
  readonly text: string | Buffer;
  /** Of a string; default utf8. */
  readonly encoding?: BufferEncoding;
}

export interface SidePortLimits {
  /** Connections at once; with one more, the oldest is reset. Default 64. */
  readonly mostConnections?: number;
  /** Milliseconds for a request to arrive, after which it gets 408; a connection is reset after twice as long. Default 10,000. */
  readonly timeout?: number;
}

/** An error of `answer` is shown with status 500. The server does not listen yet; its `closeAllConnections` ends all. */
export function sidePort(
  answer: (request: IncomingMessage) => SideAnswer | Promise<SideAnswer>,
  { mostConnections = 64, timeout = 10_000 }: SidePortLimits = {},
): Server {
  const options = {
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(1000, timeout / 4),
    maxHeaderSize: 16_384,
  };
  const asked = new WeakSet<Duplex>();
  const server = createServer(options, async (request, response) => {
    parseNoMore(request.socket);
    asked.add(request.socket);
    const { status, headers, text, encoding = 'utf8' } = await answerOf(answer, request);
    if (response.destroyed) return;
    response.writeHead(status, [...headers, 'Connection', 'close']);
    response.end(text, encoding);
  });
  // The oldest first.
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    // Node closes a connection once the system has the answer, and the system then keeps it for a client that reads nothing.
    socket.destroySoon = () => socket.end();
    const timer = setTimeout(() => reset(socket), 2 * timeout);
    connections.add(socket);
    socket.once('close', () => {
      clearTimeout(timer);
      connections.delete(socket);
    });
    const [oldest] = connections;
    if (oldest === undefined || connections.size <= mostConnections) return;
    connections.delete(oldest);
    reset(oldest);
  });
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    // Behind a request, what is sent has no meaning.
    if (!socket.writable || asked.has(socket)) return;
    socket.end(`HTTP/1.1 ${refusals[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
  });
  return server;
}

/** The end of a connection at once (TCP's RST): the system frees what its client has not taken. */
function reset(socket: Socket): void {
  const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  // The system is just ending it, and would refuse to reset it meanwhile.
  if (isEnding) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

async function answerOf(answer: Parameters<typeof sidePort>[0], request: IncomingMessage): Promise<SideAnswer> {
  try {
    return await answer(request);
  } catch (error) {
    return plainAnswer(500, String(error));
  }
}

/** A line of plain text. */
export function plainAnswer(status: number, line: string, more: readonly string[] = []): SideAnswer {
  const text = Buffer.from(`${line}\n`);
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(text.length), ...more];
  return { status, headers, text };
}

/** As Node answers them. */
const refusals: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};
