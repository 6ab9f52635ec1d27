/** Objects of others under the names that the operator needs: nothing runs with them, and none is taken over. */
import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { ownerReference } from '../src/apply/ownership.ts';
import { objectLabels } from '../src/desired/labels.ts';
import { stateAnnotation } from '../src/etcd/names.ts';
import { reconcileEtcd } from '../src/etcd/reconcile-etcd.ts';
import { pathOf, type ResourceName, resources } from '../src/kube/resources.ts';
import type { KvStore } from '../src/kvstore.ts';
import { type AnyObject, type Cluster, startCluster } from './support/cluster.ts';
import { waitForCondition } from './support/conditions.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
  await cluster.startOperator({ environment: { KVSTORE_RESYNC_SECONDS: '1' }, reconcileEtcd });
});
test.after.always(() => cluster?.stop());

const conflict = { type: 'Degraded', status: 'True', reason: 'ObjectConflict' } as const;
const backup = { schedule: '@daily', storage: {} };

function make(resource: ResourceName, namespace: string, body: object): Promise<AnyObject> {
  return cluster.admin.request('POST', pathOf(resources[resource], namespace), { body });
}

async function hasNone(t: ExecutionContext, namespace: string, name: string, ...kinds: ResourceName[]): Promise<void> {
  for (const kind of kinds) t.false(await cluster.has(kind, namespace, name), kind);
}

/** It is as it was made. Then its owner removes it. */
async function leftAloneThenRemoved(
  t: ExecutionContext,
  resource: ResourceName,
  namespace: string,
  theirs: AnyObject,
): Promise<void> {
  const name = theirs.metadata?.name ?? '';
  const now = await cluster.get(resource, namespace, name);
  t.is(now.metadata?.resourceVersion, theirs.metadata?.resourceVersion);
  await cluster.admin.request('DELETE', pathOf(resources[resource], namespace, name));
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
    await hasNone(t, namespace, 'shop', 'deployments', 'ingresses');
    await hasNone(t, namespace, 'shop-backup', 'cronJobs');
    await hasNone(t, namespace, 'shop-etcd', 'statefulSets', 'configMaps');

    await leftAloneThenRemoved(t, resource, namespace, theirs);
    await cluster.appears('deployments', namespace, 'shop');
    await cluster.appears('ingresses', namespace, 'shop');
    await cluster.appears('cronJobs', namespace, 'shop-backup');
    await cluster.appears('statefulSets', namespace, 'shop-etcd');
  });
}

/** Of the etcd, and whether its clients wait for it as well: a policy says who reaches whom. */
const foreignOfEtcd: readonly [resource: ResourceName, body: object, holdsAll: boolean][] = [
  ['networkPolicies', openPolicy, true],
  ['services', { spec: { ports: [{ port: 1234 }] } }, false],
  ['configMaps', { data: { theirs: 'kept' } }, false],
];
for (const [resource, body, holdsAll] of foreignOfEtcd) {
  test(`no member of etcd beside one of ${resource} that has another owner`, async (t) => {
    const namespace = await cluster.createNamespace();
    const theirs = await make(resource, namespace, { metadata: { name: 'shop-etcd' }, ...body });
    await cluster.createKvStore(namespace, 'shop');
    const { message } = await waitForCondition(cluster, namespace, 'shop', conflict);
    t.regex(message, new RegExp(`${theirs.kind} shop-etcd exists and does not belong to this KvStore`));
    await waitFor('an Event says it', async () => (await eventsOf(namespace)).includes('ObjectConflict'));
    await hasNone(t, namespace, 'shop-etcd', 'statefulSets');
    if (holdsAll) await hasNone(t, namespace, 'shop', 'deployments', 'ingresses');

    await leftAloneThenRemoved(t, resource, namespace, theirs);
    await cluster.appears('statefulSets', namespace, 'shop-etcd');
    await cluster.appears('deployments', namespace, 'shop');
    await cluster.appears('ingresses', namespace, 'shop');
  });

  test(`an etcd that runs is left as it is beside one of ${resource} that is not its own any more`, async (t) => {
    const namespace = await cluster.createNamespace();
    const kvstore = await cluster.createKvStore(namespace, 'shop');
    await cluster.appears('ingresses', namespace, 'shop');
    const versionOf = async (kind: ResourceName, name: string) =>
      (await cluster.get(kind, namespace, name)).metadata?.resourceVersion;
    await cluster.patch(resource, namespace, 'shop-etcd', { metadata: { ownerReferences: null } });
    await waitForCondition(cluster, namespace, 'shop', conflict);
    const before = { set: await versionOf('statefulSets', 'shop-etcd'), pods: await versionOf('deployments', 'shop') };

    const image = 'registry.test/etcd:v3.6.99';
    const spec = { image: 'registry.test/service:2', etcd: { image, members: 5 }, nodeSelector: { disk: 'fast' } };
    await cluster.patch('kvStores', namespace, 'shop', { spec });
    await waitForCondition(cluster, namespace, 'shop', conflict);
    t.is(await versionOf('statefulSets', 'shop-etcd'), before.set);
    if (holdsAll) t.is(await versionOf('deployments', 'shop'), before.pods);
    t.true(await cluster.has('ingresses', namespace, 'shop'), 'it serves on');

    await cluster.patch(resource, namespace, 'shop-etcd', { metadata: { ownerReferences: [ownerReference(kvstore)] } });
    await waitFor('the change is applied', async () => (await versionOf('statefulSets', 'shop-etcd')) !== before.set);
  });
}

async function eventsOf(namespace: string): Promise<(string | undefined)[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const { items } = await cluster.admin.request<{ items: { reason?: string }[] }>('GET', path);
  return items.map(({ reason }) => reason);
}

test('an etcd that runs is looked after while the account of the service has another owner', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'shop');
  await cluster.appears('ingresses', namespace, 'shop');
  await cluster.patch('serviceAccounts', namespace, 'shop-kvstore', { metadata: { ownerReferences: null } });
  await waitForCondition(cluster, namespace, 'shop', conflict);
  const { metadata } = await cluster.get('deployments', namespace, 'shop');
  const spec = { etcd: { retentionPolicy: 'Delete' }, nodeSelector: { disk: 'fast' } };
  await cluster.patch('kvStores', namespace, 'shop', { spec });
  await waitFor('the change is applied', async () => {
    const { spec } = await cluster.get<V1StatefulSet>('statefulSets', namespace, 'shop-etcd');
    return spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  });
  await waitForCondition(cluster, namespace, 'shop', conflict);
  const now = await cluster.get('deployments', namespace, 'shop');
  t.is(now.metadata?.resourceVersion, metadata?.resourceVersion);

  const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/shop-etcd`;
  const { metadata: gone } = await cluster.get('statefulSets', namespace, 'shop-etcd');
  await cluster.admin.request('DELETE', path);
  await waitFor('its members are made anew, as their record says', async () => {
    const set = await cluster.admin.find<AnyObject>(path);
    return set !== undefined && set.metadata?.uid !== gone?.uid;
  });
});

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
