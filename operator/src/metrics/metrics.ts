/** The operator's metric families, all in one registry. */
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { type ApiMetrics, createApiMetrics } from './api-metrics.ts';
import { createKvStoreMetrics, type KvStoreMetrics } from './kvstore-metrics.ts';
import { createProgressMetrics, type ProgressMetrics } from './progress-metrics.ts';
import { createQueueMetrics, type QueueMetrics } from './queue-metrics.ts';
import { createReconcileMetrics, type ReconcileMetrics } from './reconcile-metrics.ts';
import { createUpgradeMetrics, type UpgradeMetrics } from './upgrade-metrics.ts';

export interface Metrics {
  readonly api: ApiMetrics;
  readonly queue: QueueMetrics;
  readonly reconcile: ReconcileMetrics;
  readonly kvStore: KvStoreMetrics;
  readonly progress: ProgressMetrics;
  readonly upgrade: UpgradeMetrics;
  leader(leads: boolean): void;
}

export interface Build {
  readonly version: string;
  readonly node: string;
}

export function createMetrics(registry: Registry, name: string, build: Build): Metrics {
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'kvstore_operator_build_info',
    help: 'Always 1; the labels say which build this is.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ ...build }, 1);
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
    progress: createProgressMetrics(registry),
    upgrade: createUpgradeMetrics(registry),
    leader: (leads) => leading.set({ name }, leads ? 1 : 0),
  };
}
