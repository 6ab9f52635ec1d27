/** What the operator makes of a KvStore, against a real API server, under its own ServiceAccount. */
import type { V1Deployment, V1Ingress, V1PodDisruptionBudget, V1Service } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { secretVersionsAnnotation } from '../src/desired/deployment.ts';
import type { ResourceName } from '../src/kube/resources.ts';
import type { KvStore } from '../src/kvstore.ts';
import { type AnyObject, type Cluster, type RunningOperator, startCluster } from './support/cluster.ts';
import { waitForCondition } from './support/conditions.ts';

let cluster: Cluster;
let operator: RunningOperator;

test.before(async () => {
  cluster = await startCluster();
  await cluster.kubectl('apply', '-f', 'operator/test/support/service-monitor-crd.yaml');
  operator = await cluster.startOperator({ environment: { KVSTORE_RESYNC_SECONDS: '1' } });
});
test.after.always(() => cluster?.stop());

const serviceObjects = [
  ['serviceAccounts', 'all-kvstore'],
  ['services', 'all'],
  ['networkPolicies', 'all-kvstore'],
  ['disruptionBudgets', 'all'],
  ['deployments', 'all'],
  ['ingresses', 'all'],
] as const satisfies readonly (readonly [ResourceName, string])[];

test('each object of a KvStore is there and goes with it', async (t) => {
  const namespace = await cluster.createNamespace();
  const { metadata } = await cluster.createKvStore(namespace, 'all');
  await cluster.appears('ingresses', namespace, 'all');
  t.is((await cluster.get('kvStores', namespace, 'all')).metadata?.finalizers, undefined);
  for (const [kind, name] of serviceObjects) {
    const object = await cluster.get(kind, namespace, name);
    t.like(object.metadata?.ownerReferences?.[0], { uid: metadata.uid, controller: true }, kind);
    t.is(object.metadata?.labels?.['app.kubernetes.io/managed-by'], 'kvstore-operator', kind);
  }
});

test('the pods are admitted where the restricted pod security standard is enforced', async (t) => {
  const namespace = await cluster.createNamespace();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.admin.request('PATCH', `/api/v1/namespaces/${namespace}`, {
    body: { metadata: { labels } },
    contentType: 'application/merge-patch+json',
  });
  await cluster.createKvStore(namespace, 'safe');
  const { spec } = await cluster.appears<V1Deployment>('deployments', namespace, 'safe');
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'safe' }, spec: spec?.template.spec };
  await t.notThrowsAsync(
    cluster.admin.request('POST', `/api/v1/namespaces/${namespace}/pods`, { body: pod, query: { dryRun: 'All' } }),
  );
});

test('an object of the same name that belongs to somebody else is untouched, and a condition says so', async (t) => {
  const namespace = await cluster.createNamespace();
  const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'taken' }, spec: { ports: [{ port: 1234 }] } };
  const theirs = await cluster.admin.request<AnyObject>('POST', `/api/v1/namespaces/${namespace}/services`, { body });
  await cluster.createKvStore(namespace, 'taken');
  const condition = await waitForCondition(cluster, namespace, 'taken', {
    type: 'Degraded',
    status: 'True',
    reason: 'ObjectConflict',
  });
  t.regex(condition.message, /Service taken/);
  const after = await cluster.get('services', namespace, 'taken');
  t.is(after.metadata?.resourceVersion, theirs.metadata?.resourceVersion);
  t.truthy(await cluster.get('deployments', namespace, 'taken'), 'the rest is applied all the same');

  const events = await waitFor('an event', async () => {
    const list = await cluster.admin.request<{ items: { reason: string; regarding: { name: string } }[] }>(
      'GET',
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
    );
    if (list.items.length === 0)
      throw new Error(`the log has: ${operator.log.filter((l) => l.includes('event')).join()}`);
    return list.items;
  });
  t.like(events[0], { reason: 'ObjectConflict', regarding: { name: 'taken' } });

  await cluster.admin.request('DELETE', `/api/v1/namespaces/${namespace}/services/taken`);
  await waitForCondition(cluster, namespace, 'taken', { type: 'Degraded', status: 'False', reason: 'AsExpected' });
  t.is((await cluster.get<V1Service>('services', namespace, 'taken')).spec?.ports?.[0]?.port, 8080);
});

test('an object that another KvStore owned is not taken over while it is being removed', async (t) => {
  const namespace = await cluster.createNamespace();
  const ownerReferences = [
    { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', name: 'again', uid: 'gone', controller: true },
  ];
  const body = { metadata: { name: 'again-kvstore', ownerReferences } };
  await cluster.admin.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body });
  await cluster.createKvStore(namespace, 'again');
  await waitForCondition(cluster, namespace, 'again', { type: 'Degraded', status: 'True', reason: 'ObjectConflict' });
  const account = await cluster.get('serviceAccounts', namespace, 'again-kvstore');
  t.is(account.metadata?.ownerReferences?.[0]?.uid, 'gone');
});

test('what is switched off is removed, and what is switched on again comes back', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'less', { etcd: {}, monitoring: { enabled: true } });
  await cluster.appears('serviceMonitors', namespace, 'less');
  await cluster.appears('ingresses', namespace, 'less');
  await cluster.patch('kvStores', namespace, 'less', {
    spec: { replicas: 1, ingress: { enabled: false }, monitoring: { enabled: false } },
  });
  await cluster.disappears('ingresses', namespace, 'less');
  await cluster.disappears('disruptionBudgets', namespace, 'less');
  await cluster.disappears('serviceMonitors', namespace, 'less');
  t.truthy(await cluster.get('services', namespace, 'less'));
  await cluster.patch('kvStores', namespace, 'less', {
    spec: { replicas: 2, ingress: { enabled: true, host: 'kv.test' } },
  });
  const ingress = await cluster.appears<V1Ingress>('ingresses', namespace, 'less');
  t.is(ingress.spec?.rules?.[0]?.host, 'kv.test');
  const budget = await cluster.appears<V1PodDisruptionBudget>('disruptionBudgets', namespace, 'less');
  t.is(budget.spec?.maxUnavailable, 1);
});

test('a field that is no longer asked for is taken away again', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'fewer', { etcd: {}, nodeSelector: { disk: 'fast' } });
  const selectorOf = async (): Promise<unknown> =>
    (await cluster.get<V1Deployment>('deployments', namespace, 'fewer')).spec?.template.spec?.nodeSelector;
  t.deepEqual(await waitFor('the field', selectorOf), { disk: 'fast' });
  await cluster.patch('kvStores', namespace, 'fewer', { spec: { nodeSelector: null } });
  await waitFor('the field is gone', async () => (await selectorOf()) === undefined);
});

test('an autoscaler sets the replicas through the scale subresource and is not fought', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'scaled');
  await cluster.appears('deployments', namespace, 'scaled');
  await cluster.patch('kvStores', namespace, 'scaled', { spec: { replicas: 7 } }, 'scale');
  await waitFor('there are 7 replicas', async () => {
    const { spec } = await cluster.get<V1Deployment>('deployments', namespace, 'scaled');
    if (spec?.replicas !== 7) throw new Error(`${spec?.replicas} replicas`);
    return true;
  });
  await waitForCondition(cluster, namespace, 'scaled', { type: 'Progressing', status: 'True', reason: 'RollingOut' });
  t.is((await cluster.get<KvStore>('kvStores', namespace, 'scaled')).spec.replicas, 7);
});

test('a changed Secret that the service reads rolls it out', async (t) => {
  const namespace = await cluster.createNamespace();
  const secretPath = `/api/v1/namespaces/${namespace}/secrets`;
  const secret = (password: string): object => ({
    metadata: { name: 'creds' },
    stringData: { username: 'u', password },
  });
  await cluster.admin.request('POST', secretPath, { body: secret('one') });
  await cluster.createKvStore(namespace, 'outside', {
    externalEtcd: { endpoints: ['https://etcd.example.com:2379'], credentialsSecretName: 'creds' },
  });
  const versionOf = async (): Promise<string | undefined> => {
    const { spec } = await cluster.get<V1Deployment>('deployments', namespace, 'outside');
    return spec?.template.metadata?.annotations?.[secretVersionsAnnotation];
  };
  const before = await waitFor('the version', versionOf);
  t.regex(before, /^creds=\d+$/);
  await cluster.admin.request('PUT', `${secretPath}/creds`, { body: secret('two') });
  const after = await waitFor('another version', async () => {
    const version = await versionOf();
    return version !== before && version;
  });
  t.regex(after, /^creds=\d+$/);
});

test('a paused KvStore is left alone until it is resumed', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'still');
  await cluster.appears('ingresses', namespace, 'still');
  await cluster.patch('kvStores', namespace, 'still', { spec: { paused: true, replicas: 5 } });
  await waitForCondition(cluster, namespace, 'still', { type: 'Progressing', status: 'False', reason: 'Paused' });
  t.is((await cluster.get<V1Deployment>('deployments', namespace, 'still')).spec?.replicas, 3);
  await cluster.patch('kvStores', namespace, 'still', { spec: { paused: false } });
  await waitFor('it is resumed', async () => {
    const { spec } = await cluster.get<V1Deployment>('deployments', namespace, 'still');
    return spec?.replicas === 5;
  });
});

test('Ready follows the pods, both ways', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'pods');
  const { metadata } = await cluster.appears('deployments', namespace, 'pods');
  const report = (pods: number): Promise<void> => {
    const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: pods, availableReplicas: pods };
    const status = { ...counts, observedGeneration: metadata?.generation };
    return cluster.patch('deployments', namespace, 'pods', { status }, 'status');
  };
  await report(3);
  const ready = { type: 'Ready', status: 'True', reason: 'AllReplicasAvailable' } as const;
  await waitForCondition(cluster, namespace, 'pods', ready);
  await waitForCondition(cluster, namespace, 'pods', { type: 'Progressing', status: 'False', reason: 'Settled' });
  t.regex(await operator.metrics(), new RegExp(`kvstore_ready{namespace="${namespace}",name="pods"} 1`));
  await report(0);
  await waitForCondition(cluster, namespace, 'pods', { type: 'Ready', status: 'False', reason: 'ReplicasUnavailable' });
  await report(3);
  await waitForCondition(cluster, namespace, 'pods', ready);
});

test('what the API server refuses is told, does not stop the rest, and is mended by a new spec', async (t) => {
  const namespace = await cluster.createNamespace();
  const env = [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'no.such.field' } } }];
  await cluster.createKvStore(namespace, 'odd', { etcd: {}, env });
  const refused = { type: 'Degraded', status: 'True', reason: 'Refused' } as const;
  const condition = await waitForCondition(cluster, namespace, 'odd', refused);
  t.regex(condition.message, /no\.such\.field/);
  t.truthy(await cluster.get('services', namespace, 'odd'));
  await cluster.patch('kvStores', namespace, 'odd', { spec: { env: [] } });
  await waitForCondition(cluster, namespace, 'odd', { type: 'Degraded', status: 'False', reason: 'AsExpected' });
  t.truthy(await cluster.get('deployments', namespace, 'odd'));
});

test('a KvStore that goes away takes its metrics along and hangs on nothing', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'short');
  const series = `kvstore_ready{namespace="${namespace}",name="short"}`;
  await waitFor('the series', async () => (await operator.metrics()).includes(series));
  await cluster.admin.request('DELETE', `/apis/kvstore.dev/v1alpha1/namespaces/${namespace}/kvstores/short`);
  await cluster.disappears('kvStores', namespace, 'short');
  await waitFor('the series is gone', async () => !(await operator.metrics()).includes(series));
  t.pass();
});
