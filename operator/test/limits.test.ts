/** What an administrator allows the editors of KvStores: config/guard/limits.yaml, in a real API server. */
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { KubeError } from '../src/kube/kube-error.ts';
import { pathOf, type Resource, resources } from '../src/kube/resources.ts';
import { type Cluster, operatorNamespace, startCluster } from './support/cluster.ts';
import { largestSpec } from './support/largest-kvstore.ts';

const configMaps: Resource = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
let cluster: Cluster;
let namespace: string;
test.before(async () => {
  cluster = await startCluster();
  namespace = await cluster.createNamespace();
});
test.after.always(() => cluster?.stop());

/** Resolves once the API server decides by these lists. */
async function limit(data: Readonly<Record<string, string>>): Promise<void> {
  // The lists are read with a delay: one more key shows that they were.
  const mark = `mark-${Math.random().toString(36).slice(2)}`;
  const all = { classes: `traefik\n${mark}`, ...data };
  const path = pathOf(configMaps, operatorNamespace, 'kvstore-limits');
  const body = [{ op: 'add', path: '/data', value: all }];
  await cluster.admin.request('PATCH', path, { body, contentType: 'application/json-patch+json' });
  const spec = { etcd: {}, ingress: { host: 'probe.allowed.test', className: 'no-such-class' } };
  await waitFor('the lists are read', async () => (await create(spec))?.includes(mark) ?? false);
}

/** The refusal, undefined: accepted. */
async function create(spec: object, name = 'checked'): Promise<string | undefined> {
  const body = { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name }, spec };
  return outcome(
    cluster.admin.request('POST', pathOf(resources.kvStores, namespace), {
      body,
      query: { dryRun: 'All', fieldValidation: 'Strict' },
    }),
  );
}

async function outcome(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (error instanceof KubeError && error.status >= 400 && error.status < 500) return error.message;
    throw error;
  }
}

const host = 'shop.allowed.test';
const etcd = {};
const digest = `sha256:${'a'.repeat(64)}`;

async function decides(
  t: ExecutionContext,
  allowed: readonly object[],
  refused: readonly object[],
  message: RegExp,
): Promise<void> {
  for (const spec of allowed) t.is(await create({ ingress: { host }, etcd, ...spec }), undefined, JSON.stringify(spec));
  for (const spec of refused) {
    t.regex((await create({ ingress: { host }, etcd, ...spec })) ?? 'accepted', message, JSON.stringify(spec));
  }
}

test.serial('without lists everything is allowed but snippets', async (t) => {
  const annotations = { 'nginx.ingress.kubernetes.io/configuration-snippet': 'deny all;' };
  await waitFor('the policy is there', async () => (await create({ etcd, ingress: { annotations } })) !== undefined);
  t.regex((await create({ etcd, ingress: { annotations } })) ?? '', /configuration-snippet is not allowed/);
  t.is(await create({ etcd }), undefined);
  const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'any', key: 'a' } } }];
  const backup = { schedule: '@daily', volumeClaim: 'any' };
  t.is(await create({ etcd, image: 'evil.test/a:1', env, backup, ingress: { annotations: { a: 'b' } } }), undefined);
});

test.serial(
  'a misspelt key allows nothing until it is mended, and a KvStore that is there stays as it is',
  async (t) => {
    const there = pathOf(resources.kvStores, namespace, 'there');
    const body = {
      apiVersion: 'kvstore.dev/v1alpha1',
      kind: 'KvStore',
      metadata: { name: 'there' },
      spec: { etcd, ingress: { host } },
    };
    await cluster.admin.request('POST', pathOf(resources.kvStores, namespace), { body });
    const patch = (part: object) =>
      outcome(cluster.admin.request('PATCH', there, { body: part, contentType: 'application/merge-patch+json' }));
    await limit({ image: 'registry.test' });
    const refusal = /kvstore-limits has keys that name no limit, so nothing is allowed before they are mended: image$/;
    await decides(t, [], [{}, { image: 'registry.test/a:1' }], refusal);
    t.regex((await patch({ spec: { image: 'registry.test/a:1' } })) ?? 'accepted', refusal);
    t.is(await patch({ metadata: { labels: { team: 'shop' }, finalizers: [] } }), undefined);
    const scaled = { body: { spec: { replicas: 5 } }, contentType: 'application/merge-patch+json' };
    t.is(await outcome(cluster.admin.request('PATCH', `${there}/scale`, scaled)), undefined, 'an autoscaler goes on');
    t.is(await outcome(cluster.admin.request('DELETE', there)), undefined);
    await limit({ images: 'registry.test' });
    await decides(t, [{ image: 'registry.test/a:1' }], [], refusal);
  },
);

test.serial('images come from the listed places', async (t) => {
  await limit({ images: 'registry.test\nghcr.io/shop/\nport.test:5000\nquay.test/a/b' });
  const repository = 'registry.test/team/service';
  await decides(
    t,
    [
      {},
      { image: `${repository}:1` },
      { image: `ghcr.io/shop/a@${digest}` },
      { image: 'port.test:5000/a:1' },
      { image: `quay.test/a/b:1@${digest}` },
      { image: `quay.test/a/b@${digest}` },
      { etcd: { image: 'registry.test/etcd:v3.6.16' } },
    ],
    [
      { image: 'service:1' },
      { image: 'registry.test.evil.test/a:1' },
      { image: 'registry.test:5000/a:1' },
      { etcd: { image: 'registry.test:5000/a' } },
      { image: 'ghcr.io/shopping/a:1' },
      { image: 'quay.test/a/bc:1' },
      { etcd: { image: 'evil.test/etcd:v3.6.16' } },
    ],
    /comes from none of the allowed places: registry\.test, ghcr\.io\/shop\/, port/,
  );
});

test.serial('hosts are the listed ones, and one must be named', async (t) => {
  await limit({ hosts: `*.allowed.test\n*.{namespace}.apps.test\nexact.test` });
  const at = (name: string) => ({ ingress: { host: name } });
  await decides(
    t,
    [at(host), at('*.allowed.test'), at(`a.${namespace}.apps.test`), at('exact.test'), { ingress: { enabled: false } }],
    [
      { ingress: {} },
      at('other.test'),
      at('notallowed.test'),
      at('a.other.apps.test'),
      at('a.exact.test'),
      at('allowed.test'),
    ],
    /spec\.ingress\.host: .* is not allowed/,
  );
});

test.serial('classes are the listed ones, and no annotation names one', async (t) => {
  await limit({});
  const ofClass = (className: string) => ({ ingress: { host, className } });
  await decides(t, [{}, ofClass('traefik')], [ofClass('nginx')], /spec\.ingress\.className: nginx is not allowed/);
  const annotated = { ingress: { host, annotations: { 'kubernetes.io/ingress.class': 'nginx' } } };
  await decides(t, [], [annotated], /className names the class of the Ingress/);
});

test.serial('annotations, claims and Secrets are the listed ones', async (t) => {
  await limit({
    annotations: 'cert-manager.io/*\nnginx.ingress.kubernetes.io/server-snippet',
    claims: 'backups\nteam-*',
    secrets: '*-tokens\nkv-*',
  });
  const annotated = (name: string) => ({ ingress: { host, annotations: { [name]: 'x' } } });
  await decides(
    t,
    [annotated('cert-manager.io/issuer'), annotated('nginx.ingress.kubernetes.io/server-snippet')],
    [annotated('other.io/a'), annotated('nginx.ingress.kubernetes.io/configuration-snippet')],
    /spec\.ingress\.annotations, spec\.tls\.serversTransport: .* is not allowed; allowed are: cert-manager/,
  );
  const transport = (name: string) => ({ tls: { secretName: 'kv-tls', serversTransport: name } });
  const refusal = /spec\.tls\.serversTransport: traefik\S*\/service\.serverstransport is not allowed/;
  await decides(t, [{ tls: { secretName: 'kv-tls' } }], [transport('other-namespace-a@kubernetescrd')], refusal);
  const to = (volumeClaim: string) => ({ backup: { schedule: '@daily', volumeClaim } });
  const from = (volumeClaim: string) => ({ restoreFrom: { volumeClaim } });
  await decides(
    t,
    [to('backups'), from('team-a')],
    [to('database'), from('backups-2')],
    /volumeClaim: .* is not allowed/,
  );
  const variable = (name: string) => ({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: 'a' } } }] });
  await decides(
    t,
    [{ auth: { tokensSecretName: 'shop-tokens' } }, variable('kv-a'), { env: [{ name: 'A', value: 'b' }] }],
    [
      variable('database'),
      { auth: { tokensSecretName: 'database' } },
      { tls: { secretName: 'database' } },
      { ingress: { host, tls: { secretName: 'database' } } },
      { backup: { schedule: '@daily', volumeClaim: 'backups', tokenSecretName: 'database' } },
      { restoreFrom: { volumeClaim: 'backups', tokenSecretName: 'database' } },
      { etcd: undefined, externalEtcd: { endpoints: ['https://a:1'], tlsSecretName: 'database' } },
      { etcd: undefined, externalEtcd: { endpoints: ['https://a:1'], credentialsSecretName: 'database' } },
    ],
    /the Secret database may not be referred to/,
  );
});

test.serial('variables are the listed ones, and a ServersTransport is when its annotation is', async (t) => {
  await limit({ env: 'KV_*\nLOG', annotations: 'traefik.ingress.kubernetes.io/*' });
  const variables = (...names: string[]) => ({ env: names.map((name) => ({ name, value: 'x' })) });
  const tls = { secretName: 'a', serversTransport: 'a-b@kubernetescrd' };
  await decides(
    t,
    [variables('KV_UI', 'LOG'), { tls }, {}],
    [variables('NODE_OPTIONS'), variables('KV_UI', 'LOGS'), variables('kv_a')],
    /spec\.env: (NODE_OPTIONS|LOGS|kv_a) is not allowed; allowed are: KV_\*, LOG/,
  );
});

test.serial('a KvStore keeps what it had before the list, and gets nothing else', async (t) => {
  await limit({});
  await cluster.createKvStore(namespace, 'early', {
    etcd,
    image: 'old.test/a:1',
    ingress: { annotations: { a: 'b' } },
    tls: { secretName: 'old-tls', serversTransport: 'old-a@kubernetescrd' },
    env: [{ name: 'A', value: 'b' }],
  });
  await limit({ hosts: 'x.test', images: 'registry.test', annotations: '', env: '', claims: '', secrets: '' });
  const change = (spec: object) => outcome(cluster.patch('kvStores', namespace, 'early', { spec }));
  t.is(await change({ replicas: 5 }), undefined);
  t.regex((await change({ image: 'old.test/a:2' })) ?? '', /none of the allowed places/);
  t.regex((await change({ ingress: { host: 'y.test' } })) ?? '', /spec\.ingress\.host/);
  t.regex(
    (await change({ ingress: { annotations: { a: 'c' } } })) ?? '',
    /spec\.ingress\.annotations, spec\.tls\.serversTransport: a is/,
  );
  t.regex(
    (await change({ tls: { serversTransport: 'new-a@kubernetescrd' } })) ?? '',
    /service\.serverstransport is not/,
  );
  t.regex((await change({ env: [{ name: 'A', value: 'c' }] })) ?? '', /spec\.env: A is not/);
  t.is(await change({ ingress: { host: 'x.test' } }), undefined);
});

test.serial('the largest KvStore is within what the API server spends on a decision', async (t) => {
  const others = Array.from({ length: 50 }, (_, i) => `other-${i}.test`).join('\n');
  const all = Object.fromEntries(
    ['hosts', 'images', 'annotations', 'env', 'claims', 'secrets'].map((key) => [key, `${others}\n*`]),
  );
  await limit({ ...all, images: `${others}\nregistry.test` });
  await cluster.createKvStore(namespace, 'largest', {
    ...largestSpec(),
    tls: { secretName: 'a', serversTransport: 'a@kubernetescrd' },
  });
  t.is(await outcome(cluster.patch('kvStores', namespace, 'largest', { spec: { replicas: 5 } })), undefined);
});

test.serial('without the ConfigMap, as when the operator was removed, there are no limits', async (t) => {
  await cluster.admin.request('DELETE', pathOf(configMaps, operatorNamespace, 'kvstore-limits'));
  const made = await waitFor('the API server knows', async () => (await create({ etcd })) === undefined);
  t.true(made);
});

test.serial('applying config/ again keeps the lists', async (t) => {
  const other = await startCluster({ install: false });
  t.teardown(other.stop);
  await other.kubectl('apply', '-k', 'config');
  const words = ['configmap', 'kvstore-limits', '-n', operatorNamespace];
  await other.kubectl('patch', ...words, '--type=merge', '-p', '{"data":{"hosts":"*.a.test"}}');
  await other.kubectl('apply', '-k', 'config');
  await other.kubectl('apply', '--server-side', '--force-conflicts', '-f', 'config/kvstore.yaml');
  t.is(await other.kubectl('get', ...words, '-o', 'jsonpath={.data}'), '{"hosts":"*.a.test"}');
});
