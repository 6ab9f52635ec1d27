/** What the server and its readiness look like at the moment of a scrape. */
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { Gauge, type Registry } from 'prom-client';
import { notReady, type ReadyParts } from '../operations/health.ts';

export interface Served extends ReadyParts {
  readonly server: Server;
}

export function serverMetrics(registry: Registry, served: Served): void {
  const { server, drain } = served;
  const registers = [registry];
  const connections = promisify(server.getConnections.bind(server));
  new Gauge({
    name: 'http_server_open_connections',
    help: 'Connections of clients that are open, in use or idle.',
    registers,
    async collect() {
      this.set(await connections());
    },
  });
  new Gauge({
    name: 'kvstore_service_ready',
    help: '1 when /readyz says yes: synced, warmed up, not draining.',
    registers,
    collect() {
      this.set(notReady(served) === undefined ? 1 : 0);
    },
  });
  new Gauge({
    name: 'kvstore_service_draining',
    help: '1 from the signal to end on: not ready, answers with Connection: close.',
    registers,
    collect() {
      this.set(drain.draining ? 1 : 0);
    },
  });
}
