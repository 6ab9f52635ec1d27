/** Metrics of the etcd store; what to do when one moves is in docs/operations-etcd.md. */
import { Counter, Histogram, type Registry } from 'prom-client';
import { observedGauge } from '../../observed-gauge.ts';

export const resyncCauses = [
  'first',
  'compacted',
  'restored',
  'other-cluster',
  'other-prefix',
  'other-timeline',
  'unfinished',
  'upgraded',
  'damaged',
  'folder-lost',
] as const;
export type ResyncCause = (typeof resyncCauses)[number];

/** What the gauges read at each scrape. */
export interface EtcdObserved {
  appliedRevision(): number;
  /** Revisions that the store is known to be ahead of the index. */
  lag(): number;
  queuedWrites(): number;
}

export type EtcdMetrics = ReturnType<typeof etcdMetrics>;

const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500];

export function etcdMetrics(registry: Registry, observed: EtcdObserved) {
  const registers = [registry];
  observedGauge(
    registry,
    'kvstore_index_revision',
    'etcd revision of the newest change in the index.',
    observed.appliedRevision,
  );
  observedGauge(
    registry,
    'kvstore_index_lag_revisions',
    'Revisions the index is behind the newest known write.',
    observed.lag,
  );
  observedGauge(
    registry,
    'kvstore_write_queue',
    'Write requests that wait for their transaction.',
    observed.queuedWrites,
  );
  const resyncs = new Counter({
    name: 'kvstore_resyncs_total',
    help: 'Full syncs of the index with etcd, by cause.',
    labelNames: ['cause'],
    registers,
  });
  for (const cause of resyncCauses) resyncs.inc({ cause }, 0);
  return {
    resyncs,
    resyncDuration: new Histogram({
      name: 'kvstore_resync_duration_seconds',
      help: 'Time of a full sync.',
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    barrierDuration: new Histogram({
      name: 'kvstore_barrier_duration_seconds',
      help: 'Time a linearizable read waits until the index is fresh; failed ones too.',
      buckets: seconds,
      registers,
    }),
    barrierRequests: new Histogram({
      name: 'kvstore_barrier_requests',
      help: 'Requests that shared one read of the head key.',
      buckets: counts,
      registers,
    }),
    batchRequests: new Histogram({
      name: 'kvstore_batch_requests',
      help: 'Write requests that shared one etcd transaction.',
      buckets: counts,
      registers,
    }),
    calls: new Histogram({
      name: 'kvstore_etcd_request_duration_seconds',
      help: 'Time of a call to etcd, by call and outcome.',
      labelNames: ['call', 'outcome'],
      buckets: seconds,
      registers,
    }),
    errors: new Counter({
      name: 'kvstore_etcd_errors_total',
      help: 'Calls to etcd that failed, by call and meaning.',
      labelNames: ['call', 'meaning'],
      registers,
    }),
    watchStarts: new Counter({
      name: 'kvstore_watch_starts_total',
      help: 'Watches that were opened; more than one means that one ended.',
      registers,
    }),
    foreign: new Counter({
      name: 'kvstore_foreign_values_total',
      help: 'Keys or values under the prefix that something else wrote and that are no pairs; they are skipped.',
      registers,
    }),
  };
}
