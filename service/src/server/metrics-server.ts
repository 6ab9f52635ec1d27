/** A port for metrics alone, which no client of the API needs to reach. */
import { createServer } from 'node:http';
import type { TextAnswer } from '../answers/answer.ts';
import { sendText } from '../answers/send.ts';
import { addressOf, listenAt } from './listen.ts';
import { cut } from './shutdown.ts';

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
  await listenAt(server, { host, port });
  return { port: addressOf(server).port, close: () => cut(server) };
}
