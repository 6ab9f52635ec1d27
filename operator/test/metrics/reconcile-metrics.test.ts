import test from 'ava';
import { Registry } from 'prom-client';
import { createReconcileMetrics } from '../../src/metrics/reconcile-metrics.ts';

test('a KvStore whose reconciles fail shows since when, until one succeeds', async (t) => {
  const registry = new Registry();
  let now = 60_000;
  const metrics = createReconcileMetrics(registry, 'kvstore', () => now);
  const failing = async () =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('kvstore_reconcile_failing_since_timestamp_seconds{'));
  const shop = 'kvstore_reconcile_failing_since_timestamp_seconds{namespace="web",name="shop"}';

  metrics.ended('web/shop', 'success', 1);
  t.deepEqual(await failing(), []);
  metrics.ended('web/shop', 'error', 1);
  now = 120_000;
  metrics.ended('web/shop', 'error', 1);
  metrics.ended('web/till', 'requeue_after', 1);
  t.deepEqual(await failing(), [`${shop} 60`], 'the time of the first failure');
  metrics.ended('web/shop', 'requeue_after', 1);
  t.deepEqual(await failing(), []);
  metrics.ended('web/shop', 'error', 1);
  t.deepEqual(await failing(), [`${shop} 120`], 'a new failure has its own time');
});
