/** A StatefulSet whose controller has backed off is changed now and then while a pod is missing, and at no other time. */
import test from 'ava';
import { nudgeAnnotation } from '../../src/etcd/names.ts';
import { FakeCluster } from './fake-cluster.ts';

test('while a pod is missing the StatefulSet changes every 15 s', async (t) => {
  const cluster = await FakeCluster.start({ members: 1 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const nudge = () => cluster.applied.statefulSet?.metadata?.annotations?.[nudgeAnnotation];
  await cluster.reconcile();
  t.is(nudge(), undefined);
  const control = cluster.workloads.control.bind(cluster.workloads);
  cluster.workloads.control = async () => undefined;
  const pod = cluster.pods.get('shop-etcd-0');
  await pod?.stop();
  cluster.pods.delete('shop-etcd-0');
  const start = Math.ceil(Date.now() / 15_000) * 15_000;
  const seen: (string | undefined)[] = [];
  for (const seconds of [0, 14, 15, 29, 30]) {
    cluster.now = () => new Date(start + seconds * 1000);
    await cluster.reconcile();
    seen.push(nudge());
  }
  t.is(new Set(seen).size, 3);
  t.false(seen.includes(undefined));
  cluster.workloads.control = control;
  await cluster.settled();
  await cluster.reconcile();
  t.is(nudge(), undefined);
});
