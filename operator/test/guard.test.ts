/** Scaling the members of etcd by hand is refused: config/guard. */
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import { type Cluster, startCluster } from './support/cluster.ts';

async function makeSet(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const labels = { app: name };
  const spec = {
    replicas: 3,
    serviceName: name,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'etcd', image: 'etcd' }] } },
  };
  await cluster.admin.request('POST', pathOf(resources.statefulSets, namespace), {
    body: { metadata: { name }, spec },
  });
}

function replicas(cluster: Cluster, namespace: string, name: string): Promise<number> {
  return cluster.get<{ spec: { replicas: number } }>('statefulSets', namespace, name).then(({ spec }) => spec.replicas);
}

async function refuses(t: ExecutionContext, cluster: Cluster, ...words: readonly string[]): Promise<void> {
  const error = await t.throwsAsync(cluster.kubectl(...words));
  t.regex(error?.message ?? '', /set spec\.etcd\.members of the KvStore shop, or its spec\.paused to true/);
}

test('by kubectl scale, patch and apply, unless the KvStore is paused; other StatefulSets are left alone', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'shop');
  await makeSet(cluster, namespace, 'shop-etcd');
  await makeSet(cluster, namespace, 'other');
  const scale = (name: string, count: number) => ['scale', 'sts', name, '-n', namespace, `--replicas=${count}`];
  // The API server takes a policy up at its own pace.
  await waitFor('it is refused', async () => {
    const { message } = await cluster.kubectl(...scale('shop-etcd', 2)).then(
      () => new Error('was accepted'),
      (error: Error) => error,
    );
    await cluster.patch('statefulSets', namespace, 'shop-etcd', { spec: { replicas: 3 } }).catch(() => undefined);
    return /set spec\.etcd\.members/.test(message);
  });
  for (const count of [0, 1, 5]) await refuses(t, cluster, ...scale('shop-etcd', count));
  const patch = JSON.stringify({ spec: { replicas: 0 } });
  await refuses(t, cluster, 'patch', 'sts', 'shop-etcd', '-n', namespace, '--type=merge', '-p', patch);
  t.is(await replicas(cluster, namespace, 'shop-etcd'), 3);

  await cluster.kubectl(...scale('other', 1));
  await cluster.kubectl('rollout', 'restart', 'sts/shop-etcd', '-n', namespace);
  await cluster.kubectl('label', 'sts/shop-etcd', '-n', namespace, 'team=a');
  const body = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'shop-etcd' }, spec: { replicas: 2 } };
  await cluster.admin.request('PATCH', pathOf(resources.statefulSets, namespace, 'shop-etcd'), {
    body,
    contentType: 'application/apply-patch+yaml',
    query: { fieldManager: 'kvstore-operator', force: 'true' },
  });
  t.is(await replicas(cluster, namespace, 'shop-etcd'), 2);

  await cluster.patch('kvStores', namespace, 'shop', { spec: { paused: true } });
  await waitFor('it is accepted', () => cluster.kubectl(...scale('shop-etcd', 0)));
  t.is(await replicas(cluster, namespace, 'shop-etcd'), 0);
});
