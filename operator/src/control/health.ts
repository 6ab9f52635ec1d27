/** The operator's own HTTP port: liveness, readiness, metrics. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface HealthOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** Why the operator must be restarted; undefined while it need not. */
  readonly illness: () => string | undefined;
  /** Whether the caches are filled. A replica that does not lead is ready too. */
  readonly isReady: () => boolean;
}

export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws Error when the port is taken */
export async function listenForHealth(options: HealthOptions): Promise<Health> {
  const server = createServer((request, response) => {
    answer(request.url ?? '', response, options).catch((error: unknown) => send(response, 500, String(error)));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answer(url: string, response: ServerResponse, options: HealthOptions): Promise<void> {
  const [path] = url.split('?');
  if (path === '/livez') {
    const illness = options.illness();
    return send(response, illness === undefined ? 200 : 500, illness ?? 'ok');
  }
  if (path === '/readyz') {
    const ready = options.isReady();
    return send(response, ready ? 200 : 503, ready ? 'ok' : 'caches are not filled yet');
  }
  if (path === '/metrics') {
    return send(response, 200, await options.registry.metrics(), options.registry.contentType);
  }
  return send(response, 404, 'not found');
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(`${body}${body.endsWith('\n') ? '' : '\n'}`);
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
