/** The operator's metric families, all in one registry. */
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { type ApiMetrics, createApiMetrics } from './api-metrics.ts';
import { createKvStoreMetrics, type KvStoreMetrics } from './kvstore-metrics.ts';
import { createQueueMetrics, type QueueMetrics } from './queue-metrics.ts';
import { createReconcileMetrics, type ReconcileMetrics } from './reconcile-metrics.ts';

export interface Metrics {
  readonly api: ApiMetrics;
  readonly queue: QueueMetrics;
  readonly reconcile: ReconcileMetrics;
  readonly kvStore: KvStoreMetrics;
  leader(leads: boolean): void;
}

export function createMetrics(registry: Registry, name: string): Metrics {
  collectDefaultMetrics({ register: registry });
  const leading = new Gauge({
    name: 'leader_election_master_status',
    help: '1 in the replica that leads, 0 in the others.',
    labelNames: ['name'],
    registers: [registry],
  });
  leading.set({ name }, 0);
  return {
    api: createApiMetrics(registry),
    queue: createQueueMetrics(registry, name),
    reconcile: createReconcileMetrics(registry, name),
    kvStore: createKvStoreMetrics(registry),
    leader: (leads) => leading.set({ name }, leads ? 1 : 0),
  };
}
