/** The operator's own HTTP port: liveness, readiness, metrics. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keptFor } from '@kvstore/core/kept-for.ts';
import { livePath, metricsPath, readyPath } from '@kvstore/core/machine-paths.ts';
import { plainAnswer, type SideAnswer, sidePort } from '@kvstore/core/side-port.ts';
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
  /** Milliseconds that metrics are shown for before they are made anew; default 1000. */
  readonly metricsMaxAge?: number;
}

export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws Error when the port is taken */
export async function listenForHealth(options: HealthOptions): Promise<Health> {
  const { registry, metricsMaxAge = 1000 } = options;
  const metrics = keptFor(metricsMaxAge, async () => metricsAnswer(await registry.metrics(), registry.contentType));
  const server = sidePort(({ url = '' }) => {
    const [path] = url.split('?');
    return path === metricsPath ? metrics() : answer(path, options);
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function answer(path: string | undefined, { illness, isReady }: HealthOptions): SideAnswer {
  if (path === livePath) {
    const ill = illness();
    return plainAnswer(ill === undefined ? 200 : 500, ill ?? 'ok');
  }
  if (path === readyPath) return isReady() ? plainAnswer(200, 'ok') : plainAnswer(503, 'caches are not filled yet');
  return plainAnswer(404, 'not found');
}

function metricsAnswer(metrics: string, type: string): SideAnswer {
  const text = Buffer.from(metrics);
  return { status: 200, headers: ['Content-Type', type, 'Content-Length', String(text.length)], text };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
