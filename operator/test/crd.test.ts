/** The resource definition: what it fills in, what it refuses and why, and that it says the same as the types. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadYaml } from '@kubernetes/client-node';
import test from 'ava';
import { reservedVariables } from '../src/desired/service-environment.ts';
import { KubeError } from '../src/kube/kube-error.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import type { KvStore } from '../src/kvstore.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { completeSpec, completeStatus } from './support/complete-kvstore.ts';
import { pathsOf, schemaPathsOf } from './support/schema-paths.ts';

const samples = fileURLToPath(new URL('../../config/samples/', import.meta.url));
const path = pathOf(resources.kvStores, 'default');
let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

function create(spec: object, name = 'checked'): Promise<KvStore> {
  const body = { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name }, spec };
  return cluster.admin.request('POST', path, { body, query: { dryRun: 'All', fieldValidation: 'Strict' } });
}

test('an empty etcd section is enough: the rest has defaults', async (t) => {
  const { spec } = await create({ etcd: {} });
  t.deepEqual(spec, {
    replicas: 3,
    freshReads: 'barrier',
    paused: false,
    ingress: { enabled: true, className: 'traefik', pages: false },
    monitoring: { enabled: false },
    etcd: { members: 3, retentionPolicy: 'Retain', storage: { size: '8Gi' } },
  });
});

const external = { endpoints: ['https://etcd.example.com:2379'] };
const refused: readonly [title: string, spec: object, message: RegExp, name?: string][] = [
  ['neither etcd nor externalEtcd', {}, /either etcd .* or externalEtcd/],
  ['both etcd and externalEtcd', { etcd: {}, externalEtcd: external }, /either etcd .* or externalEtcd/],
  ['two members', { etcd: { members: 2 } }, /supported values: "1", "3", "5"/],
  ['seven members', { etcd: { members: 7 } }, /supported values: "1", "3", "5"/],
  ['negative replicas', { etcd: {}, replicas: -1 }, /greater than or equal to 0/],
  ['a size that is no quantity', { etcd: { storage: { size: 'big' } } }, /size is a quantity/],
  ['a size too small for etcd', { etcd: { storage: { size: '1Mi' } } }, /at least 256Mi/],
  [
    'the class of the Ingress as an annotation',
    { etcd: {}, ingress: { annotations: { 'kubernetes.io/ingress.class': 'nginx' } } },
    /className names the class/,
  ],
  ['no endpoints', { externalEtcd: { endpoints: [] } }, /at least 1 items/],
  ['an endpoint without a scheme', { externalEtcd: { endpoints: ['etcd:2379'] } }, /should match/],
  ['a prefix that does not end', { externalEtcd: { ...external, prefix: '/a' } }, /should match/],
  ['a limit of its own etcd', { etcd: {}, env: [{ name: 'KV_ETCD_MAX_TXN_OPS', value: '1' }] }, /follow from the etcd/],
  [
    'value and valueFrom',
    { etcd: {}, env: [{ name: 'A', value: '', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
    /either value or valueFrom/,
  ],
  ...[
    { name: 'KV_METRICS_PORT', value: '0' },
    { name: 'KV_METRICS_PORT', value: '8080' },
    { name: 'KV_METRICS_PORT', value: '9443' },
    { name: 'KV_METRICS_PORT', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
  ].map((variable, i): [string, object, RegExp] => [
    `a port of metrics that the operator cannot know, ${i}`,
    { etcd: {}, env: [variable] },
    /KV_METRICS_PORT is a number of a port/,
  ]),
  [
    'a KV_METRICS_PORT that is no port',
    { etcd: {}, env: [{ name: 'KV_METRICS_PORT', value: '94640000' }] },
    /KV_METRICS_PORT is a number of a port/,
  ],
  ['a backup to nowhere', { etcd: {}, backup: { schedule: '@daily' } }, /either volumeClaim .* or storage/],
  [
    'a backup to two places',
    { etcd: {}, backup: { schedule: '@daily', volumeClaim: 'a', storage: {} } },
    /either volumeClaim .* or storage/,
  ],
  ['a schedule that is none', { etcd: {}, backup: { schedule: 'at night', storage: {} } }, /five fields/],
  ['no backup to keep', { etcd: {}, backup: { schedule: '@daily', retention: 0, storage: {} } }, /equal to 1/],
  [
    'a backup without a token where one is needed',
    { etcd: {}, auth: { tokensSecretName: 'a' }, backup: { schedule: '@daily', storage: {} } },
    /backup needs tokenSecretName/,
  ],
  [
    'a restore without a token where one is needed',
    { etcd: {}, auth: { tokensSecretName: 'a' }, restoreFrom: { volumeClaim: 'a' } },
    /restoreFrom needs tokenSecretName/,
  ],
  ['a backup elsewhere', { etcd: {}, restoreFrom: { volumeClaim: 'a', file: '../b' } }, /should match/],
  ...['http://kv.test', 'kv.test:80', 'KV.test', 'kv.test/a', '10.0.0.1', '-a.test', 'a..b'].map(
    (host): [string, object, RegExp] => [`the host ${host}`, { etcd: {}, ingress: { host } }, /host is a DNS name/],
  ),
  ...[
    '99 99 * * *',
    '99 99',
    '* * * * 8',
    '60 * * * *',
    '* 24 * * *',
    '0 3 0 * *',
    '0 3 * 13 *',
    '*/00 * * * *',
    '@every 1h',
  ].map((schedule): [string, object, RegExp] => [
    `the schedule ${schedule}`,
    { etcd: {}, backup: { schedule, storage: {} } },
    /five fields/,
  ]),
  ['a time zone that is none', { etcd: {}, backup: { schedule: '@daily', timeZone: 'a b', storage: {} } }, /timeZone/],
  [
    'a request above its limit',
    { etcd: {}, resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } },
    /at most its limit/,
  ],
  [
    "a member's request above its limit",
    { etcd: { resources: { requests: { cpu: 2 }, limits: { cpu: '1500m' } } } },
    /at most its limit/,
  ],
  ['a name of a variable that cannot be', { etcd: {}, env: [{ name: '1 A', value: '' }] }, /env\[0\]\.name/],
  [
    'a Secret that cannot be',
    { etcd: {}, env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'My Secret', key: 'a' } } }] },
    /secretKeyRef\.name/,
  ],
  [
    'a password over http',
    { externalEtcd: { endpoints: ['https://a:1', 'http://b:1'], credentialsSecretName: 'a' } },
    /would be sent over http/,
  ],
  ['https without a certificate', { etcd: {}, tls: {} }, /tls\.secretName: Required/],
  [
    'a transport that is not one of Traefik',
    { etcd: {}, tls: { secretName: 'a', serversTransport: 'a@file' } },
    /tls\.serversTransport/,
  ],
  ['a variable of TLS', { etcd: {}, env: [{ name: 'KV_TLS_CERT_FILE', value: '/a' }] }, /set by the operator|env/],
  ['a TLS Secret that cannot be', { etcd: {}, ingress: { tls: { secretName: 'A_b' } } }, /tls\.secretName/],
  ['a claim that cannot be', { etcd: {}, backup: { schedule: '@daily', volumeClaim: 'a/b' } }, /volumeClaim/],
  ['an image that is none', { etcd: {}, image: 'not an image!' }, /spec\.image/],
  ['an image of etcd that is none', { etcd: { image: 'Registry/Etcd:v1:2' } }, /etcd\.image/],
  [
    'a misspelt member of affinity',
    { etcd: {}, affinity: { nodeAffinity: { required: [] } } },
    /unknown field "spec\.affinity\.nodeAffinity\.required"/,
  ],
  ['a misspelt member of clients', { etcd: {}, clients: [{ podSelectors: {} }] }, /unknown field|at least 1 propert/],
  [
    'a client that is two',
    { etcd: {}, clients: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] },
    /either ipBlock/,
  ],
  ['reads by lease of more replicas', { etcd: {}, freshReads: 'lease', replicas: 61 }, /up to 60 replicas/],
  ['another way of fresh reads', { etcd: {}, freshReads: 'quorum' }, /supported values: "barrier", "lease"/],
  ['an unknown field', { etcd: {}, replica: 1 }, /unknown field "spec.replica"/],
  ['a quantity that is none', { etcd: {}, resources: { limits: { memory: 'lots' } } }, /should match/],
  ['a name that is too long', { etcd: {} }, /at most 40 characters/, 'a'.repeat(41)],
  ['a name that starts with a digit', { etcd: {} }, /starts with a letter/, '1a'],
  ['a name with a dot', { etcd: {} }, /starts with a letter/, 'a.b'],
  ...reservedVariables.map((name): [string, object, RegExp] => [
    `the operator's own ${name}`,
    { etcd: {}, env: [{ name, value: 'x' }] },
    /the operator sets this variable itself/,
  ]),
];
for (const [title, spec, message, name] of refused) {
  test(`refused: ${title}`, async (t) => {
    const error = await t.throwsAsync(create(spec, name), { instanceOf: KubeError });
    t.regex(error?.message ?? '', message);
  });
}

const changes: readonly [title: string, before: object, after: object, message: RegExp | undefined][] = [
  ['a volume grows', { etcd: {} }, { etcd: { storage: { size: '16Gi' } } }, undefined],
  ['a volume shrinks', { etcd: {} }, { etcd: { storage: { size: '4Gi' } } }, /can grow but not shrink/],
  ['the same size in other words', { etcd: {} }, { etcd: { storage: { size: '8192Mi' } } }, undefined],
  ['another class', { etcd: {} }, { etcd: { storage: { className: 'fast' } } }, /className cannot be changed/],
  ['members grow', { etcd: { members: 1 } }, { etcd: { members: 5 } }, undefined],
  ['from its own etcd to another', { etcd: {} }, { etcd: null, externalEtcd: external }, /cannot move between/],
  ['another prefix', { externalEtcd: external }, { externalEtcd: { prefix: '/x/' } }, /prefix cannot be changed/],
  [
    'a restore for one that is there',
    { etcd: {} },
    { restoreFrom: { volumeClaim: 'a' } },
    /restoreFrom is for a new KvStore/,
  ],
  ['no restore any more', { etcd: {}, restoreFrom: { volumeClaim: 'a' } }, { restoreFrom: null }, undefined],
  [
    'a smaller volume for backups',
    { etcd: {}, backup: { schedule: '@daily', storage: {} } },
    { backup: { storage: { size: '1Gi' } } },
    /can grow but not shrink/,
  ],
  ['other endpoints', { externalEtcd: external }, { externalEtcd: { endpoints: ['http://b:2379'] } }, undefined],
];
for (const [i, [title, before, after, message]] of changes.entries()) {
  test(`${message === undefined ? 'allowed' : 'refused'} later: ${title}`, async (t) => {
    await cluster.createKvStore('default', `changed-${i}`, before);
    const change = cluster.patch('kvStores', 'default', `changed-${i}`, { spec: after });
    if (message === undefined) await t.notThrowsAsync(change);
    else t.regex((await t.throwsAsync(change, { instanceOf: KubeError }))?.message ?? '', message);
  });
}

const accepted: readonly [title: string, spec: object][] = [
  [
    'a password over http to hosts that are named',
    {
      etcd: undefined,
      externalEtcd: { endpoints: ['http://b:1'], credentialsSecretName: 'a' },
      env: [{ name: 'KV_ETCD_PLAIN_PASSWORD_HOSTS', value: 'b' }],
    },
  ],
  ['https', { etcd: {}, tls: { secretName: 'shop-tls', serversTransport: 'default-shop@kubernetescrd' } }],
  ...['kv.example.com', '*.example.com', 'localhost', 'a-1.b'].map((host): [string, object] => [
    host,
    { ingress: { host } },
  ]),
  ...[
    '0 3 * * *',
    '*/5 0-6/2 1,15 jan-MAR Mon-Fri',
    '@daily',
    '? * * * ?',
    '59 23 31 12 6',
    '*/05 * * * *',
    '007 03 01-009 012 00/02',
  ].map((schedule): [string, object] => [schedule, { backup: { schedule, storage: {} } }]),
  ...[
    'kvstore/service:0.1.0',
    'localhost:5000/a/b_c.d-e:V1.2_3',
    `registry.example.com/etcd@sha256:${'a'.repeat(64)}`,
    `R.example/a:b@sha256:${'0'.repeat(64)}`,
    '[::1]:5000/a',
    'image',
  ].map((image): [string, object] => [image, { image }]),
  [
    'requests at their limits',
    { resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: '1000m', memory: '1024Mi' } } },
  ],
  ['requests without limits', { resources: { requests: { cpu: 1 }, limits: { memory: '1Gi' } } }],
  ['a zone of one word', { backup: { schedule: '@daily', timeZone: 'UTC', storage: {} } }],
  ['a zone with signs', { backup: { schedule: '@daily', timeZone: 'Etc/GMT+5', storage: {} } }],
];
for (const [title, spec] of accepted) {
  test(`accepted: ${title}`, async (t) => {
    await t.notThrowsAsync(create({ etcd: {}, ...spec }));
  });
}

test('the samples can be applied together: each has a host of its own', async (t) => {
  const kvstores = await Promise.all(
    (await readdir(samples))
      .filter((file) => file !== 'kustomization.yaml')
      .map(async (file) => loadYaml<KvStore>(await readFile(`${samples}${file}`, 'utf8'))),
  );
  const hosts = new Map(kvstores.map(({ metadata, spec }) => [metadata.name, spec.ingress?.host]));
  t.is(new Set(hosts.values()).size, hosts.size, JSON.stringify([...hosts]));
});

test('every sample is accepted', async (t) => {
  const files = (await readdir(samples)).filter((file) => file !== 'kustomization.yaml');
  t.true(files.length >= 4);
  for (const file of files) {
    await t.notThrowsAsync(
      cluster.kubectl(
        'apply',
        '--server-side',
        '--dry-run=server',
        '--validate=strict',
        '-f',
        `config/samples/${file}`,
      ),
      file,
    );
  }
});

test('the schema has exactly the fields of the types', async (t) => {
  const text = await readFile(new URL('../../config/crd/kvstores.yaml', import.meta.url), 'utf8');
  const definition = loadYaml<{ spec: { versions: { schema: { openAPIV3Schema: { properties: object } } }[] } }>(text);
  const { properties } = definition.spec.versions[0]?.schema.openAPIV3Schema ?? {};
  const { spec, status } = properties as { spec: object; status: object };
  t.deepEqual(schemaPathsOf(spec), pathsOf(completeSpec));
  t.deepEqual(schemaPathsOf(status), pathsOf(completeStatus));
});

test('kubectl explains every field and prints the columns', async (t) => {
  await cluster.createKvStore('default', 'printed');
  t.regex(
    await cluster.kubectl('get', 'kvs', 'printed'),
    /NAME +READY +REPLICAS +ETCD +EXPOSED +OPEN +STATUS +URL +AGE/,
  );
  const explained = await cluster.kubectl('explain', 'kvstore.spec.etcd.storage');
  t.regex(explained, /never shrink/);
});
