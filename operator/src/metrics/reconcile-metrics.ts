import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const results = ['success', 'error', 'requeue_after'] as const;
export type Result = (typeof results)[number];

/** The reconcile families, under controller-runtime's names. */
export interface ReconcileMetrics {
  started(): void;
  /** @param name of the KvStore, `namespace/name` */
  ended(name: string, result: Result, ms: number): void;
  workers(count: number): void;
}

/** @param now Unix milliseconds */
export function createReconcileMetrics(
  registry: Registry,
  controller: string,
  now: () => number = Date.now,
): ReconcileMetrics {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed and will be retried.',
    labelNames,
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconcile took.',
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciles in progress.',
    labelNames,
    registers,
  });
  const max = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Reconciles that may be in progress at once.',
    labelNames,
    registers,
  });
  const failing = new Gauge({
    name: 'kvstore_reconcile_failing_since_timestamp_seconds',
    help: 'Since when every reconcile of a KvStore has failed; without a series, the last one succeeded. Unix seconds.',
    labelNames: ['namespace', 'name'],
    registers,
  });
  const failingNames = new Set<string>();
  const note = (key: string, isFailing: boolean): void => {
    if (isFailing === failingNames.has(key)) return;
    const [namespace = '', name = ''] = key.split('/');
    if (isFailing) failing.set({ namespace, name }, now() / 1000);
    else failing.remove({ namespace, name });
    if (isFailing) failingNames.add(key);
    else failingNames.delete(key);
  };
  for (const result of results) total.inc({ controller, result }, 0);
  errors.inc({ controller }, 0);
  return {
    started: () => active.inc({ controller }),
    ended(name, result, ms) {
      note(name, result === 'error');
      active.dec({ controller });
      total.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      time.observe({ controller }, ms / 1000);
    },
    workers: (count) => max.set({ controller }, count),
  };
}
