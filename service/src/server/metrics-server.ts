/** A port for metrics alone, which no client of the API needs to reach. */
import { plainAnswer, sidePort } from '@kvstore/core/side-port.ts';
import type { TextAnswer } from '../answers/answer.ts';
import { addressOf, listenAt } from './listen.ts';
import { cut } from './shutdown.ts';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly answer: (headers: Readonly<Record<string, string | string[] | undefined>>) => Promise<TextAnswer>;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens when it resolves. Rejects with a clear message when the address cannot be listened on. */
export async function listenForMetrics({ host, port, answer }: MetricsServerOptions): Promise<MetricsServer> {
  const server = sidePort(({ method, url, headers }) => {
    if (method !== 'GET' && method !== 'HEAD') return plainAnswer(405, 'Metrics are read.', ['Allow', 'GET, HEAD']);
    return url?.split('?', 1)[0] === '/metrics' ? answer(headers) : plainAnswer(404, 'Only /metrics is here.');
  });
  await listenAt(server, { host, port });
  return { port: addressOf(server).port, close: () => cut(server) };
}
