/** What others add to a KvStore's objects stays, as docs/operator.md says. */
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { startCluster } from './support/cluster.ts';

test('labels and annotations of others stay, on objects and on templates; a container does not', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  await cluster.startOperator({ environment: { KVSTORE_RESYNC_SECONDS: '1' } });
  await cluster.createKvStore(namespace, 'shop');
  await cluster.appears('deployments', namespace, 'shop');
  await cluster.appears('services', namespace, 'shop');
  const metadata = { labels: { team: 'a' }, annotations: { 'example.com/cost': '7' } };
  await cluster.patch('services', namespace, 'shop', { metadata });
  const { spec } = await cluster.get<V1Deployment>('deployments', namespace, 'shop');
  const containers = [...(spec?.template.spec?.containers ?? []), { name: 'spy', image: 'spy' }];
  await cluster.patch('deployments', namespace, 'shop', {
    metadata,
    spec: { template: { metadata, spec: { containers } } },
  });
  const deployment = () => cluster.get<V1Deployment>('deployments', namespace, 'shop');
  await waitFor('the container is taken out', async () => {
    return (await deployment()).spec?.template.spec?.containers.length === 1;
  });
  // A change of the spec applies the object anew.
  await cluster.patch('kvStores', namespace, 'shop', { spec: { replicas: 2 } });
  await waitFor('it is applied anew', async () => (await deployment()).spec?.replicas === 2);
  const after = await deployment();
  for (const object of [after, after.spec?.template, await cluster.get<V1Service>('services', namespace, 'shop')]) {
    t.like(object?.metadata, metadata);
  }
});
