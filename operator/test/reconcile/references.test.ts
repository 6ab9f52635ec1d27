/** What a KvStore may not refer to, nor restore, against a real API server. */
import type { V1CronJob, V1Secret } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import { pathOf, resources } from '../../src/kube/resources.ts';
import { restorableByAnnotation } from '../../src/reconcile/restore-permission.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { waitForCondition } from '../support/conditions.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
  await cluster.startOperator({ environment: { KVSTORE_RESYNC_SECONDS: '1' } });
});
test.after.always(() => cluster?.stop());

const ownSecrets = ['ca', 'member-tls', 'client-tls', 'operator-tls'].map((leaf) => `victim-etcd-${leaf}`);
const keyRef = (name: string) => ({ secretKeyRef: { name, key: 'tls.key' } });
const secretFields: readonly [field: string, spec: (name: string) => object][] = [
  ['env[0].valueFrom.secretKeyRef.name', (name) => ({ etcd: {}, env: [{ name: 'A', valueFrom: keyRef(name) }] })],
  ['ingress.tls.secretName', (name) => ({ etcd: {}, ingress: { host: 'a.test', tls: { secretName: name } } })],
  ['externalEtcd.tlsSecretName', (name) => ({ externalEtcd: { endpoints: ['https://a:1'], tlsSecretName: name } })],
  [
    'externalEtcd.credentialsSecretName',
    (name) => ({ externalEtcd: { endpoints: ['https://a:1'], credentialsSecretName: name } }),
  ],
  [
    'backup.tokenSecretName',
    (name) => ({ etcd: {}, backup: { schedule: '@daily', storage: {}, tokenSecretName: name } }),
  ],
  ['restoreFrom.tokenSecretName', (name) => ({ etcd: {}, restoreFrom: { volumeClaim: 'a', tokenSecretName: name } })],
  ['auth.tokensSecretName', (name) => ({ etcd: {}, auth: { tokensSecretName: name } })],
  ['tls.secretName', (name) => ({ etcd: {}, tls: { secretName: name } })],
];
const claimFields: readonly [field: string, spec: (name: string) => object][] = [
  ['backup.volumeClaim', (name) => ({ etcd: {}, backup: { schedule: '@daily', volumeClaim: name } })],
  ['restoreFrom.volumeClaim', (name) => ({ etcd: {}, restoreFrom: { volumeClaim: name } })],
];

test("the schema refuses an etcd's Secrets and volumes in every field", async (t) => {
  const namespace = await cluster.createNamespace();
  const named = [
    ...secretFields.flatMap(([field, spec]) => ownSecrets.map((name) => [field, name, spec(name)] as const)),
    ...claimFields.map(([field, spec]) => [field, 'data-victim-etcd-0', spec('data-victim-etcd-0')] as const),
  ];
  for (const [field, name, spec] of named) {
    const error = await t.throwsAsync(cluster.createKvStore(namespace, 'thief', spec), { instanceOf: KubeError }, name);
    t.true(error?.message.includes(`spec.${field}`), error?.message);
    t.regex(error?.message ?? '', /no KvStore may refer to them/);
  }
  for (const [, spec] of secretFields) {
    const body = { ...kvStoreBody('fine', spec('etcd-client-tls')) };
    const request = cluster.admin.request('POST', pathOf(resources.kvStores, namespace), {
      body,
      query: { dryRun: 'All' },
    });
    await t.notThrowsAsync(request, 'a name of their own');
  }
});

function kvStoreBody(name: string, spec: object): object {
  return { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name }, spec };
}

test('reconciling refuses them as well, and names the field: for KvStores from before the schema did', async (t) => {
  // Another API server, whose schema is made older.
  const old = await startCluster();
  t.teardown(old.stop);
  await withoutRules(old);
  const namespace = await old.createNamespace();
  await old.createKvStore(namespace, 'victim');
  const fields = [...secretFields.map(([field, spec]) => [field, spec('victim-etcd-ca')] as const)];
  fields.push(...claimFields.map(([field, spec]) => [field, spec('data-victim-etcd-0')] as const));
  for (const [i, [, spec]] of fields.entries()) await old.createKvStore(namespace, `thief-${i}`, spec);
  // A Secret of one's own that merely has such a name.
  await old.admin.request('POST', pathOf(resources.secrets, namespace), {
    body: { metadata: { name: 'team-etcd-client-tls' }, stringData: { 'ca.crt': 'x' } } satisfies Partial<V1Secret>,
  });
  await old.createKvStore(namespace, 'honest', {
    externalEtcd: { endpoints: ['https://etcd.test:2379'], tlsSecretName: 'team-etcd-client-tls' },
  });
  await old.startOperator();
  const refused = { type: 'Degraded', status: 'True', reason: 'Refused' } as const;
  for (const [i, [field]] of fields.entries()) {
    const name = `thief-${i}`;
    const { message } = await waitForCondition(old, namespace, name, refused);
    const shown = field.replace('env[0]', 'env[A]');
    t.true(message.includes(`spec.${shown}: `), message);
    for (const kind of ['deployments', 'ingresses'] as const) t.false(await old.has(kind, namespace, name), name);
    t.false(await old.has('cronJobs', namespace, `${name}-backup`), name);
  }
  await old.appears('deployments', namespace, 'honest');
});

/** The resource definition without the rules on names, as older versions of it. */
async function withoutRules(target: Cluster): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kvstores.kvstore.dev';
  const definition = await target.admin.request<object>('GET', path);
  const text = JSON.stringify(definition, (key, value) => {
    if (key !== 'x-kubernetes-validations' || !JSON.stringify(value).includes('no KvStore may refer')) return value;
    return undefined;
  });
  await target.admin.request('PUT', path, { body: JSON.parse(text) });
  await waitFor('the rules are gone', async () => {
    const body = kvStoreBody('probe', claimFields[0]?.[1]('data-victim-etcd-0') ?? {});
    await target.admin.request('POST', pathOf(resources.kvStores, 'default'), { body, query: { dryRun: 'All' } });
    return true;
  });
}

test('a backup into a volume of a member that was there is ended', async (t) => {
  const old = await startCluster();
  t.teardown(old.stop);
  await withoutRules(old);
  const namespace = await old.createNamespace();
  await old.startOperator();
  await old.createKvStore(namespace, 'thief', { etcd: {}, backup: { schedule: '@daily', volumeClaim: 'mine' } });
  await old.appears<V1CronJob>('cronJobs', namespace, 'thief-backup');
  await old.createKvStore(namespace, 'victim');
  await old.patch('kvStores', namespace, 'thief', { spec: { backup: { volumeClaim: 'data-victim-etcd-0' } } });
  await old.disappears('cronJobs', namespace, 'thief-backup');
  await waitForCondition(old, namespace, 'thief', { type: 'Degraded', status: 'True', reason: 'Refused' });
  t.true(await old.has('deployments', namespace, 'thief'), 'what serves goes on');
});

test('the backups of another KvStore are restored only when it, or their claim, says so', async (t) => {
  const namespace = await cluster.createNamespace();
  const volumeClaim = 'victim-backup';
  const restoreFrom = { volumeClaim, kvStore: 'victim' };
  await cluster.createKvStore(namespace, 'victim', { etcd: {}, backup: { schedule: '@daily', storage: {} } });
  await cluster.appears('claims', namespace, volumeClaim);
  for (const name of ['named', 'marked', 'thief']) {
    await cluster.createKvStore(namespace, name, { etcd: {}, restoreFrom });
    const { metadata } = await cluster.appears('deployments', namespace, name);
    const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
    const status = { ...counts, observedGeneration: metadata?.generation };
    await cluster.patch('deployments', namespace, name, { status }, 'status');
    const waits = { type: 'Restored', status: 'False', reason: 'NotAllowed' } as const;
    t.regex((await waitForCondition(cluster, namespace, name, waits)).message, /spec\.backup\.restorableBy/);
    await waitForCondition(cluster, namespace, name, { type: 'Degraded', status: 'True', reason: 'Refused' });
    t.false(await cluster.has('ingresses', namespace, name));
  }
  await cluster.patch('kvStores', namespace, 'victim', { spec: { backup: { restorableBy: ['named'] } } });
  await waitForCondition(cluster, namespace, 'named', { type: 'Restored', status: 'False', reason: 'Restoring' });
  // Also once the KvStore is gone.
  await cluster.admin.request('DELETE', pathOf(resources.kvStores, namespace, 'victim'));
  const annotations = { [restorableByAnnotation]: 'other, marked' };
  await cluster.patch('claims', namespace, volumeClaim, { metadata: { annotations } });
  await waitForCondition(cluster, namespace, 'marked', { type: 'Restored', status: 'False', reason: 'Restoring' });
  await waitForCondition(cluster, namespace, 'thief', { type: 'Restored', status: 'False', reason: 'NotAllowed' });
  const { items } = await cluster.admin.request<{ items: { metadata: { name: string } }[] }>(
    'GET',
    pathOf(resources.jobs, namespace),
  );
  t.deepEqual(
    items.filter(({ metadata }) => metadata.name.startsWith('thief')),
    [],
  );
});
