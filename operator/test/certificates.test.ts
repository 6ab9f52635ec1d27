/** The Secrets that hold certificates: made, kept true, and never somebody else's. No member runs here. */
import { X509Certificate } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { PlainEtcdError } from '../src/etcd/plain-etcd-error.ts';
import { reconcileEtcd } from '../src/etcd/reconcile-etcd.ts';
import { hasStatus } from '../src/kube/kube-error.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import type { KvStore } from '../src/kvstore.ts';
import { type Cluster, type RunningOperator, startCluster } from './support/cluster.ts';
import { waitForCondition } from './support/conditions.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

const names = ['shop-etcd-ca', 'shop-etcd-member-tls', 'shop-etcd-client-tls', 'shop-etcd-operator-tls'] as const;

async function startOperator(namespace: string): Promise<RunningOperator> {
  const environment = { KVSTORE_WATCH_NAMESPACES: namespace, KVSTORE_RESYNC_SECONDS: '1' };
  return cluster.startOperator({ environment, reconcileEtcd });
}

const conflict = { type: 'Degraded', status: 'True', reason: 'ObjectConflict' } as const;

const secretsOf = (namespace: string): Promise<V1Secret[]> =>
  Promise.all(names.map((name) => cluster.get<V1Secret>('secrets', namespace, name)));

function text(secret: V1Secret | undefined, key: string): string {
  return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
}

test('an authority and three certificates are made, belong to the KvStore and stay as they are', async (t) => {
  const namespace = await cluster.createNamespace();
  const operator = await startOperator(namespace);
  const { metadata } = await cluster.createKvStore(namespace, 'shop');
  const made = await waitFor('every Secret', () => secretsOf(namespace));
  const [authority, ...leaves] = made;
  const signer = new X509Certificate(text(authority, 'signer.crt'));
  for (const leaf of leaves) {
    t.is(leaf.type, 'kubernetes.io/tls');
    t.true(new X509Certificate(text(leaf, 'tls.crt')).verify(signer.publicKey));
    t.is(text(leaf, 'ca.crt'), text(authority, 'signer.crt'));
  }
  for (const secret of made) t.is(secret.metadata?.ownerReferences?.[0]?.uid, metadata.uid);

  const metric = 'kvstore_certificate_expiry_timestamp_seconds';
  const metrics = await waitFor('the metric', async () => {
    const all = await operator.metrics();
    return all.includes(`${metric}{`) && all;
  });
  await readAgain(operator);
  const now = await secretsOf(namespace);
  t.deepEqual(
    now.map((secret) => secret.metadata?.resourceVersion),
    made.map((secret) => secret.metadata?.resourceVersion),
  );
  const labels = `namespace="${namespace}",name="shop",certificate="client"`;
  const [, value] = new RegExp(`^${metric}\\{${labels}\\} (\\S+)$`, 'm').exec(metrics) ?? [];
  t.is(Number(value), Date.parse(new X509Certificate(text(made[2], 'tls.crt')).validTo) / 1000);
  t.false(operator.log.join('').includes('PRIVATE KEY'));

  await cluster.admin.request('DELETE', pathOf(resources.kvStores, namespace, 'shop'));
  await waitFor('the metric is gone', async () => !(await operator.metrics()).includes(`${metric}{`));
});

test('a Secret that was deleted or damaged is put right, and no other Secret is touched', async (t) => {
  const namespace = await cluster.createNamespace();
  await startOperator(namespace);
  await cluster.createKvStore(namespace, 'shop');
  const [before] = await waitFor('every Secret', () => secretsOf(namespace));
  await cluster.admin.request('DELETE', pathOf(resources.secrets, namespace, 'shop-etcd-member-tls'));
  await cluster.patch('secrets', namespace, 'shop-etcd-client-tls', { data: { 'tls.key': btoa('damaged') } });
  await cluster.patch('secrets', namespace, 'shop-etcd-operator-tls', { metadata: { labels: null } });
  await waitFor('every Secret is put right', async () => {
    const [authority, member, client, own] = await secretsOf(namespace);
    for (const leaf of [member, client]) {
      const certificate = new X509Certificate(text(leaf, 'tls.crt'));
      if (!certificate.verify(new X509Certificate(text(authority, 'signer.crt')).publicKey)) throw new Error('foreign');
      if (!text(leaf, 'tls.key').includes('PRIVATE KEY')) throw new Error('still damaged');
    }
    return own?.metadata?.labels !== undefined;
  });
  t.is((await secretsOf(namespace))[0]?.metadata?.resourceVersion, before?.metadata?.resourceVersion);
});

test("somebody else's Secret of the same name is neither used nor changed, and a condition says so", async (t) => {
  const namespace = await cluster.createNamespace();
  await startOperator(namespace);
  const foreign = await cluster.admin.request<V1Secret>('POST', pathOf(resources.secrets, namespace), {
    body: { metadata: { name: 'shop-etcd-client-tls' }, data: { mine: btoa('mine') } },
  });
  await cluster.createKvStore(namespace, 'shop');
  const condition = await waitForCondition(cluster, namespace, 'shop', conflict);
  t.regex(condition.message, /Secret shop-etcd-client-tls exists and does not belong/);
  const now = await cluster.get<V1Secret>('secrets', namespace, 'shop-etcd-client-tls');
  t.is(now.metadata?.resourceVersion, foreign.metadata?.resourceVersion);
  await cluster.admin.request('DELETE', pathOf(resources.secrets, namespace, 'shop-etcd-client-tls'));
  await waitFor('every Secret', () => secretsOf(namespace));
});

test('an etcd that was made without TLS is left as it is, and so is its service', async (t) => {
  const namespace = await cluster.createNamespace();
  const environment = { KVSTORE_WATCH_NAMESPACES: namespace };
  const refuse = async ({ metadata }: KvStore): Promise<never> => {
    throw new PlainEtcdError(metadata.name);
  };
  await cluster.startOperator({ environment, reconcileEtcd: refuse });
  await cluster.createKvStore(namespace, 'shop');
  await waitForCondition(cluster, namespace, 'shop', { type: 'Degraded', status: 'True', reason: 'EtcdWithoutTls' });
  const missing = await t.throwsAsync(cluster.get('deployments', namespace, 'shop'));
  t.true(hasStatus(missing, 404));
});

/** Waits until the operator has asked for every Secret twice more. */
async function readAgain(operator: RunningOperator): Promise<void> {
  const total = async (): Promise<number> => {
    const [, count] = /^rest_client_requests_total\{.*method="GET".*\} (\d+)$/m.exec(await operator.metrics()) ?? [];
    return Number(count ?? 0);
  };
  const start = await total();
  await waitFor('the operator has read every Secret', async () => (await total()) >= start + 2 * names.length);
}
