/** Many KvStores at once. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import { startCluster } from './support/cluster.ts';

const count = 200;

test(`${count} KvStores converge, and then nothing is written any more`, async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  const operator = await cluster.startOperator();
  const names = Array.from({ length: count }, (_, i) => `store-${i}`);
  for (let i = 0; i < count; i += 20) {
    await Promise.all(names.slice(i, i + 20).map((name) => cluster.createKvStore(namespace, name)));
  }
  const startedAt = performance.now();
  const kinds = ['deployments', 'services', 'ingresses', 'disruptionBudgets', 'networkPolicies'] as const;
  await waitFor(
    'every object is there, and the operator at rest',
    async () => {
      for (const kind of kinds) {
        const path = pathOf(resources[kind], namespace);
        const { items } = await cluster.admin.request<{ items: object[] }>('GET', path);
        if (items.length !== count) throw new Error(`${items.length} ${kind}`);
      }
      return /^workqueue_depth\{name="kvstore"\} 0$/m.test(await operator.metrics());
    },
    { timeout: 300_000, interval: 500 },
  );
  t.log(`settled ${Math.round(performance.now() - startedAt)} ms after the last was created`);
  t.notRegex(await operator.metrics(), /controller_runtime_reconcile_errors_total\{.*\} [1-9]/);
});
