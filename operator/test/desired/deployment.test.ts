import test from 'ava';
import { buildDeployment, secretVersionsAnnotation } from '../../src/desired/deployment.ts';
import type { FreshReads } from '../../src/desired/fresh-reads.ts';
import { referencedSecrets } from '../../src/desired/service-environment.ts';
import type { KvStoreSpec } from '../../src/kvstore.ts';
import { kvStore } from '../support/kvstore.ts';

const defaults = { serviceImage: 'default/image:1' };
function build(spec: Partial<KvStoreSpec> = {}, secretVersions = '') {
  const { metadata, spec: built } = buildDeployment(kvStore(spec), defaults, secretVersions, 'barrier');
  const pod = built?.template.spec;
  const container = pod?.containers[0];
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  return { metadata, built, template: built?.template, pod, container, env };
}

test('an etcd of its own is reached through every member, with its limits', (t) => {
  const { env, pod } = build();
  t.deepEqual(env, {
    KV_HOST: '0.0.0.0',
    KV_PORT: '8080',
    KV_DATA_DIR: '/data',
    KV_IDENTITY: 'web/shop/uid',
    KV_PEERS_URL: 'http://shop.web.svc:8080',
    KV_LOG_FORMAT: 'json',
    KV_ETCD_ENDPOINTS: [0, 1, 2].map((i) => `https://shop-etcd-${i}.shop-etcd.web.svc:2379`).join(','),
    KV_ETCD_PREFIX: '/kvstore/web/shop/',
    KV_ETCD_MAX_TXN_OPS: '10000',
    KV_ETCD_MAX_REQUEST_BYTES: '8388608',
    KV_ETCD_CA_FILE: '/etc/kvstore/etcd-tls/ca.crt',
    KV_ETCD_CERT_FILE: '/etc/kvstore/etcd-tls/tls.crt',
    KV_ETCD_KEY_FILE: '/etc/kvstore/etcd-tls/tls.key',
    KV_FRESH_READS: 'barrier',
    KV_PEER_PORT: '9443',
    // Of the pod, by its status.
    KV_PEER_ADDRESS: undefined,
  });
  t.deepEqual(
    pod?.volumes?.map(({ secret }) => secret?.secretName),
    [undefined, 'shop-etcd-client-tls'],
  );
});

test('a renewed certificate of its own etcd restarts nothing: the service reads it at each connection', (t) => {
  t.deepEqual(referencedSecrets(kvStore()), []);
});

test('an external etcd is reached with the files of its Secrets, and its limits are its own affair', (t) => {
  const externalEtcd = {
    endpoints: ['https://a:2379', 'https://b:2379'],
    prefix: '/p/',
    tlsSecretName: 'tls',
    clientCertificate: true,
    credentialsSecretName: 'creds',
  };
  const { env, pod, container } = build({ externalEtcd });
  t.like(env, {
    KV_ETCD_ENDPOINTS: 'https://a:2379,https://b:2379',
    KV_ETCD_PREFIX: '/p/',
    KV_ETCD_CA_FILE: '/etc/kvstore/etcd-tls/ca.crt',
    KV_ETCD_CERT_FILE: '/etc/kvstore/etcd-tls/tls.crt',
    KV_ETCD_KEY_FILE: '/etc/kvstore/etcd-tls/tls.key',
    KV_ETCD_USERNAME_FILE: '/etc/kvstore/etcd-credentials/username',
    KV_ETCD_PASSWORD_FILE: '/etc/kvstore/etcd-credentials/password',
  });
  t.false('KV_ETCD_MAX_TXN_OPS' in env);
  t.deepEqual(
    pod?.volumes?.map(({ secret }) => secret?.secretName),
    [undefined, 'tls', 'creds'],
  );
  t.deepEqual(
    container?.volumeMounts?.map(({ mountPath, readOnly }) => [mountPath, readOnly]),
    [
      ['/data', undefined],
      ['/etc/kvstore/etcd-tls', true],
      ['/etc/kvstore/etcd-credentials', true],
    ],
  );
  const withoutCertificate = build({ externalEtcd: { ...externalEtcd, clientCertificate: false } });
  t.false('KV_ETCD_CERT_FILE' in withoutCertificate.env);
});

test('tokens are mounted from their Secret, whose change needs no rollout', (t) => {
  const spec = { auth: { tokensSecretName: 'who' } };
  const { env, pod, container } = build(spec);
  t.is(env.KV_TOKENS_FILE, '/etc/kvstore/tokens/tokens');
  t.deepEqual(pod?.volumes?.at(-1), { name: 'tokens', secret: { secretName: 'who', defaultMode: 0o440 } });
  // Not by subPath: that would never follow the Secret.
  t.deepEqual(container?.volumeMounts?.at(-1), { name: 'tokens', mountPath: '/etc/kvstore/tokens', readOnly: true });
  t.deepEqual(referencedSecrets(kvStore(spec)), []);
  t.false('KV_TOKENS_FILE' in build().env);
});

test('with a certificate the API speaks https: files, probes, peers; its change needs no rollout', (t) => {
  const spec = { tls: { secretName: 'shop-tls' } };
  const { env, pod, container, template } = build(spec);
  t.like(env, {
    KV_TLS_CERT_FILE: '/etc/kvstore/tls/tls.crt',
    KV_TLS_KEY_FILE: '/etc/kvstore/tls/tls.key',
    KV_PEERS_URL: 'https://shop.web.svc:8080',
    KV_PEERS_CA_FILE: '/etc/kvstore/tls/ca.crt',
    // Of the command line in the same pod.
    KV_URL: 'https://shop.web.svc:8080',
    KV_OPTIONAL_CA_FILE: '/etc/kvstore/tls/ca.crt',
  });
  t.deepEqual(pod?.volumes?.at(-1), { name: 'tls', secret: { secretName: 'shop-tls', defaultMode: 0o440 } });
  t.deepEqual(container?.volumeMounts?.at(-1), { name: 'tls', mountPath: '/etc/kvstore/tls', readOnly: true });
  for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe]) {
    t.is(probe?.httpGet?.scheme, 'HTTPS');
  }
  t.is(template?.metadata?.annotations?.['prometheus.io/scheme'], 'https');
  t.deepEqual(referencedSecrets(kvStore(spec)), []);
  const plain = build();
  t.is(plain.container?.livenessProbe?.httpGet?.scheme, 'HTTP');
  t.false(Object.keys(plain.env).some((name) => name.includes('TLS_CERT') && !name.includes('ETCD')));
});

test('replicas get their own address and a port for each other; how they read is given apart', (t) => {
  const container = (freshReads: FreshReads) =>
    buildDeployment(kvStore({ freshReads: 'lease' }), defaults, '', freshReads).spec?.template.spec?.containers[0];
  const variable = (name: string, freshReads: FreshReads) =>
    container(freshReads)?.env?.find((each) => each.name === name);
  t.is(variable('KV_FRESH_READS', 'lease')?.value, 'lease');
  t.is(variable('KV_FRESH_READS', 'barrier')?.value, 'barrier', 'the spec alone turns nothing on');
  t.deepEqual(variable('KV_PEER_ADDRESS', 'lease')?.valueFrom, { fieldRef: { fieldPath: 'status.podIP' } });
  const peers = { name: 'peers', containerPort: 9443, protocol: 'TCP' };
  t.deepEqual(container('barrier')?.ports?.at(-1), peers);
  t.deepEqual(container('lease')?.ports?.at(-1), peers);
});

test('no replica is missing during a rollout, and each has time to drain', (t) => {
  const { built, pod, container } = build({ replicas: 5 });
  t.is(built?.replicas, 5);
  t.deepEqual(built?.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  t.deepEqual(container?.lifecycle, { preStop: { sleep: { seconds: 5 } } });
  t.true((pod?.terminationGracePeriodSeconds ?? 0) > 5 + 15);
  t.is(container?.livenessProbe?.httpGet?.path, '/livez');
  t.is(container?.startupProbe?.httpGet?.path, '/livez');
  t.is(container?.readinessProbe?.httpGet?.path, '/readyz');
});

test('what a KvStore asks for replaces the defaults', (t) => {
  const resources = { limits: { memory: '1Gi' } };
  const tolerations = [{ operator: 'Exists' }];
  const affinity = { nodeAffinity: {} };
  const env = [
    { name: 'KV_LOG_FORMAT', value: 'text' },
    { name: 'EXTRA', value: '1' },
  ];
  const {
    pod,
    container,
    env: built,
  } = build({
    image: 'mine:2',
    imagePullPolicy: 'Always',
    nodeSelector: { disk: 'fast' },
    resources,
    tolerations,
    affinity,
    env,
  });
  t.is(container?.image, 'mine:2');
  t.is(container?.imagePullPolicy, 'Always');
  t.is(container?.resources, resources);
  t.like(pod, { nodeSelector: { disk: 'fast' }, tolerations, affinity });
  t.like(built, { KV_LOG_FORMAT: 'text', EXTRA: '1' });
  t.is(container?.env?.filter(({ name }) => name === 'KV_LOG_FORMAT').length, 1);
  const plain = build();
  t.is(plain.container?.image, 'default/image:1');
  t.truthy(plain.container?.resources?.requests?.memory);
  t.truthy(plain.container?.resources?.limits?.memory);
});

test('what a pod takes of its node is bounded: memory and disk, the index included', (t) => {
  const { container, pod } = build();
  const { requests, limits } = container?.resources ?? {};
  for (const kind of ['memory', 'ephemeral-storage']) t.truthy(requests?.[kind] && limits?.[kind], kind);
  const [data] = pod?.volumes?.filter(({ emptyDir }) => emptyDir !== undefined) ?? [];
  t.deepEqual(data, { name: 'data', emptyDir: { sizeLimit: '20Gi' } });
});

test('the versions of its Secrets are in the template, so that a new one rolls it out', (t) => {
  const scraped = {
    ...{ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080', 'prometheus.io/path': '/metrics' },
    'kvstore.dev/service-image': 'default/image:1',
  };
  t.deepEqual(build().built?.template.metadata?.annotations, scraped);
  const annotations = { ...scraped, [secretVersionsAnnotation]: 'a=1' };
  t.deepEqual(build({}, 'a=1').built?.template.metadata?.annotations, annotations);
  const secretKeyRef = { name: 'b', key: 'k' };
  const env = [
    { name: 'A', valueFrom: { secretKeyRef } },
    { name: 'B', valueFrom: { secretKeyRef } },
  ];
  const externalEtcd = { endpoints: [], tlsSecretName: 'c', credentialsSecretName: 'a', clientCertificate: true };
  t.deepEqual(referencedSecrets(kvStore({ env, externalEtcd })), ['a', 'b', 'c']);
});
