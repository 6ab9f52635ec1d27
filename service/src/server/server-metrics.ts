/** What the server and its readiness look like at the moment of a scrape. */
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { Gauge, type Registry } from 'prom-client';
import { observedGauge } from '../observed-gauge.ts';
import type { Drain } from './drain.ts';

export interface Served {
  readonly server: Server;
  readonly drain: Pick<Drain, 'draining'>;
  /** Why it is not ready; undefined: it is. */
  readonly notReady: () => string | undefined;
}

export function serverMetrics(registry: Registry, { server, drain, notReady }: Served): void {
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
    notReady() === undefined ? 1 : 0,
  );
  observedGauge(
    registry,
    'kvstore_service_draining',
    '1 from the signal to end on: not ready, answers with Connection: close.',
    () => (drain.draining ? 1 : 0),
  );
}
