/** What the server and its readiness look like at the moment of a scrape. */
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { Gauge, type Registry } from 'prom-client';
import { notReady, type ReadyParts } from '../operations/health.ts';
import { observedGauge } from '../telemetry/observed-gauge.ts';

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
  observedGauge(registry, 'kvstore_service_ready', '1 when /readyz says yes: synced, warmed up, not draining.', () =>
    notReady(served) === undefined ? 1 : 0,
  );
  observedGauge(
    registry,
    'kvstore_service_draining',
    '1 from the signal to end on: not ready, answers with Connection: close.',
    () => (drain.draining ? 1 : 0),
  );
}
