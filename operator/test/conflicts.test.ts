/** Objects of others under the names that the operator needs: nothing runs with them, and none is taken over. */
import type { V1Deployment } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { ownerReference } from '../src/apply/ownership.ts';
import { objectLabels } from '../src/desired/labels.ts';
import { stateAnnotation } from '../src/etcd/names.ts';
import { pathOf, type ResourceName, resources } from '../src/kube/resources.ts';
import type { KvStore } from '../src/kvstore.ts';
import { type AnyObject, type Cluster, startCluster } from './support/cluster.ts';
import { waitForCondition } from './support/conditions.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
  await cluster.startOperator({ environment: { KVSTORE_RESYNC_SECONDS: '1' } });
});
test.after.always(() => cluster?.stop());

const conflict = { type: 'Degraded', status: 'True', reason: 'ObjectConflict' } as const;
const backup = { schedule: '@daily', storage: {} };

function make(resource: ResourceName, namespace: string, body: object): Promise<AnyObject> {
  return cluster.admin.request('POST', pathOf(resources[resource], namespace), { body });
}

const openPolicy = { spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] } };
const foreign: readonly [resource: 'serviceAccounts' | 'networkPolicies', body: object][] = [
  ['serviceAccounts', {}],
  ['networkPolicies', openPolicy],
];
for (const [resource, body] of foreign) {
  test(`no pod and no route beside one of ${resource} that has another owner`, async (t) => {
    const namespace = await cluster.createNamespace();
    const theirs = await make(resource, namespace, { metadata: { name: 'shop-kvstore' }, ...body });
    await cluster.createKvStore(namespace, 'shop', { etcd: {}, backup });
    await waitForCondition(cluster, namespace, 'shop', conflict);
    await cluster.appears('services', namespace, 'shop');
    for (const kind of ['deployments', 'ingresses'] as const) t.false(await cluster.has(kind, namespace, 'shop'), kind);
    t.false(await cluster.has('cronJobs', namespace, 'shop-backup'));
    const now = await cluster.get(resource, namespace, 'shop-kvstore');
    t.is(now.metadata?.resourceVersion, theirs.metadata?.resourceVersion);

    await cluster.admin.request('DELETE', pathOf(resources[resource], namespace, 'shop-kvstore'));
    await cluster.appears('deployments', namespace, 'shop');
    await cluster.appears('ingresses', namespace, 'shop');
    await cluster.appears('cronJobs', namespace, 'shop-backup');
  });
}

test('an account and a policy that an application has under the name of its store do not conflict', async (t) => {
  const namespace = await cluster.createNamespace();
  await make('serviceAccounts', namespace, { metadata: { name: 'shop' } });
  await make('networkPolicies', namespace, { metadata: { name: 'shop' }, ...openPolicy });
  await cluster.createKvStore(namespace, 'shop');
  const { spec } = await cluster.appears<V1Deployment>('deployments', namespace, 'shop');
  t.is(spec?.template.spec?.serviceAccountName, 'shop-kvstore');
  await cluster.appears('networkPolicies', namespace, 'shop-kvstore');
  await waitForCondition(cluster, namespace, 'shop', { type: 'Degraded', status: 'False', reason: 'AsExpected' });
});

test('those that an older operator made are kept, also when they lost their labels: no pod is made anew', async (t) => {
  const namespace = await cluster.createNamespace();
  const kvstore = await cluster.createKvStore(namespace, 'older', { etcd: {}, paused: true });
  const metadata = { name: 'older', ownerReferences: [ownerReference(kvstore)] };
  const labels = objectLabels('older', 'service');
  await make('serviceAccounts', namespace, { metadata: { ...metadata, labels } });
  await make('networkPolicies', namespace, { metadata, ...openPolicy });
  await cluster.patch('kvStores', namespace, 'older', { spec: { paused: false } });
  const { spec } = await cluster.appears<V1Deployment>('deployments', namespace, 'older');
  t.is(spec?.template.spec?.serviceAccountName, 'older');
  const policy = await cluster.get('networkPolicies', namespace, 'older');
  t.is(policy.metadata?.labels?.['app.kubernetes.io/instance'], 'older');
  for (const kind of ['serviceAccounts', 'networkPolicies'] as const) {
    t.false(await cluster.has(kind, namespace, 'older-kvstore'), kind);
  }
});

test('a store whose default names an older store has as its own gets others, and keeps them', async (t) => {
  const namespace = await cluster.createNamespace();
  const older = await cluster.createKvStore(namespace, 'shop-kvstore', { etcd: {}, paused: true });
  const metadata = { name: 'shop-kvstore', ownerReferences: [ownerReference(older)] };
  const labels = objectLabels('shop-kvstore', 'service');
  await make('serviceAccounts', namespace, { metadata: { ...metadata, labels } });
  await make('networkPolicies', namespace, { metadata, ...openPolicy });
  const { metadata: own } = await cluster.createKvStore(namespace, 'shop');
  const second = `shop-kvstore-${own.uid.slice(0, 8)}`;
  const accountOf = (made: V1Deployment) => made.spec?.template.spec?.serviceAccountName;
  t.is(accountOf(await cluster.appears<V1Deployment>('deployments', namespace, 'shop')), second);
  await cluster.appears('networkPolicies', namespace, second);
  await waitForCondition(cluster, namespace, 'shop', { type: 'Degraded', status: 'False', reason: 'AsExpected' });

  // The API server of the test has no garbage collector.
  const paths = [
    pathOf(resources.kvStores, namespace, 'shop-kvstore'),
    pathOf(resources.serviceAccounts, namespace, 'shop-kvstore'),
    pathOf(resources.networkPolicies, namespace, 'shop-kvstore'),
  ];
  for (const path of paths) await cluster.admin.request('DELETE', path);
  await cluster.patch('kvStores', namespace, 'shop', { spec: { replicas: 2 } });
  await waitFor('the change is applied', async () => {
    const now = await cluster.get<V1Deployment>('deployments', namespace, 'shop');
    t.is(accountOf(now), second);
    return now.spec?.replicas === 2;
  });
  t.false(await cluster.has('serviceAccounts', namespace, 'shop-kvstore'));
});

test('a record of members with the labels of ours is not read, not changed and not used', async (t) => {
  const namespace = await cluster.createNamespace();
  const annotations = { [stateAnnotation]: '{"members":{"0":{"phase":"started"}}}' };
  const metadata = { name: 'shop-etcd', labels: objectLabels('shop', 'etcd'), annotations };
  const theirs = await make('configMaps', namespace, { metadata, data: { theirs: 'kept' } });
  await cluster.createKvStore(namespace, 'shop');
  const { message } = await waitForCondition(cluster, namespace, 'shop', conflict);
  t.regex(message, /ConfigMap shop-etcd has the labels of this KvStore but is not controlled by it/);
  t.false(await cluster.has('statefulSets', namespace, 'shop-etcd'));
  const now = await cluster.get('configMaps', namespace, 'shop-etcd');
  t.is(now.metadata?.resourceVersion, theirs.metadata?.resourceVersion);
});

test('an object that lost its controller is left alone until it is given back', async (t) => {
  const namespace = await cluster.createNamespace();
  const kvstore: KvStore = await cluster.createKvStore(namespace, 'shop');
  await cluster.appears('ingresses', namespace, 'shop');
  const changed = { metadata: { ownerReferences: null }, spec: { publishNotReadyAddresses: true } };
  await cluster.patch('services', namespace, 'shop', changed);
  await waitForCondition(cluster, namespace, 'shop', conflict);
  await cluster.patch('services', namespace, 'shop', { metadata: { ownerReferences: [ownerReference(kvstore)] } });
  await waitForCondition(cluster, namespace, 'shop', { type: 'Degraded', status: 'False', reason: 'AsExpected' });
  await waitFor('the Ingress is back', () => cluster.has('ingresses', namespace, 'shop'));
  t.pass();
});

test('a budget or a backup with our labels and another owner is not removed', async (t) => {
  const namespace = await cluster.createNamespace();
  const metadata = { name: 'theirs', labels: objectLabels('shop', 'service') };
  const selector = { matchLabels: { app: 'theirs' } };
  await make('disruptionBudgets', namespace, { metadata, spec: { maxUnavailable: 1, selector } });
  await cluster.createKvStore(namespace, 'shop', { etcd: {}, replicas: 2 });
  await cluster.appears('disruptionBudgets', namespace, 'shop');
  await cluster.patch('kvStores', namespace, 'shop', { spec: { replicas: 1 } });
  await cluster.disappears('disruptionBudgets', namespace, 'shop');
  t.true(await cluster.has('disruptionBudgets', namespace, 'theirs'));
});
