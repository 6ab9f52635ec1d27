/** A port for metrics alone, which no client of the API needs to reach. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TextAnswer } from '../answers/answer.ts';
import { sendText } from '../answers/send.ts';
import { cannotListen } from './listen.ts';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly answer: (headers: Readonly<Record<string, string | string[] | undefined>>) => Promise<TextAnswer>;
}

/** Scrapers are few. */
const maxConnections = 64;
const timeout = 10_000;

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens when it resolves. Rejects with a clear message when the address cannot be listened on. */
export async function listenForMetrics({ host, port, answer }: MetricsServerOptions): Promise<MetricsServer> {
  const options = { headersTimeout: timeout, requestTimeout: timeout, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 };
  const server = createServer(options, (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(isRead ? 404 : 405, {
        'Content-Type': 'text/plain',
        ...(isRead ? {} : { Allow: 'GET, HEAD' }),
      });
      response.end(isRead ? 'Only /metrics is here.\n' : 'Metrics are read.\n');
      return;
    }
    answer(request.headers).then(
      (text) => response.destroyed || sendText(response, text),
      () => response.destroyed || response.writeHead(500).end(),
    );
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, { host, port })));
    server.listen({ host, port }, () => resolve());
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await ended;
}
