/** Certificates between the parts of a KvStore: they are required, and their replacement disturbs no client. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { beyondHandovers, lost, send, startWriter } from './support/client.ts';
import { fortio } from './support/fortio.ts';
import { apply, field, kubectl } from './support/kubectl.ts';
import { createKvStore, type KvStoreHandle, makeNamespace } from './support/kvstore.ts';
import { installOperator, operatorRolledOut } from './support/operator.ts';

test.before('install', installOperator);

test('a pod without a certificate gets nowhere, one with that of the service at the pairs and no further', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  t.is((await send(store, 'POST', '/set', '{"secret":1}')).status, 200);
  const image = await field('.spec.template.spec.containers[0].image', 'sts', 'store-etcd', '-n', store.namespace);
  const host = `store-etcd-0.store-etcd.${store.namespace}.svc`;
  const list = ['get', '--prefix', `/kvstore/${store.namespace}/store/`, '--keys-only', '--command-timeout=5s'];
  const files = ['--cacert=/tls/ca.crt', '--cert=/tls/tls.crt', '--key=/tls/tls.key'];
  const asService = [`--endpoints=https://${host}:2379`, ...files];

  const allowed = await runPod(store, 'with', image, [...list, ...asService], true);
  t.is(allowed.phase, 'Succeeded', allowed.log);
  t.regex(allowed.log, /secret/);
  for (const [name, words] of [
    ['outside', ['get', '--prefix', '/', '--keys-only']],
    // Whether there is such a member is not even looked at.
    ['remove', ['member', 'remove', '1']],
    ['disable', ['auth', 'disable']],
  ] as const) {
    const refused = await runPod(store, name, image, [...words, ...asService], true);
    t.is(refused.phase, 'Failed', `${name}: ${refused.log}`);
    t.regex(refused.log, /permission denied/);
  }
  for (const [name, endpoint, options] of [
    ['plain', `http://${host}:2379`, []],
    ['without', `https://${host}:2379`, ['--insecure-skip-tls-verify']],
    ['peer', `https://${host}:2380`, ['--insecure-skip-tls-verify']],
  ] as const) {
    const refused = await runPod(store, name, image, [...list, `--endpoints=${endpoint}`, ...options], false);
    t.is(refused.phase, 'Failed', `${name}: ${refused.log}`);
    t.notRegex(refused.log, /secret/);
  }
});

test('certificates and their authority are replaced under load, and no client notices', async (t) => {
  t.timeout(1_200_000);
  // Longer than this cluster's kubelet takes to update files, and shorter than the default.
  const operator = ['-n', 'kvstore-system', 'deployment/kvstore-operator'];
  await kubectl('set', 'env', ...operator, 'KVSTORE_CA_PHASE_SECONDS=120');
  t.teardown(async () => {
    await kubectl('set', 'env', ...operator, 'KVSTORE_CA_PHASE_SECONDS-');
    await operatorRolledOut();
  });
  await operatorRolledOut();
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'tls-');
  const load = fortio(store, 420);
  const pods = (await store.servicePods()).map(({ uid }) => uid).sort();
  const [certificate, authority] = [
    await dataOf(store, 'client-tls', 'tls.crt'),
    await dataOf(store, 'client-tls', 'ca.crt'),
  ];

  await kubectl('delete', 'secret', '-n', store.namespace, 'store-etcd-client-tls', 'store-etcd-member-tls');
  await waitFor('a new certificate', async () => differs(await dataOf(store, 'client-tls', 'tls.crt'), certificate), {
    timeout: 120_000,
    interval: 1000,
  });
  const second = await dataOf(store, 'client-tls', 'tls.crt');
  await kubectl('delete', 'secret', '-n', store.namespace, 'store-etcd-ca');
  const bundle = () => dataOf(store, 'client-tls', 'ca.crt');
  const count = async () => (await bundle()).split('BEGIN CERTIFICATE').length - 1;
  await waitFor('two authorities are trusted', async () => (await count()) === 2, { timeout: 120_000, interval: 1000 });
  await waitFor('the new one signs', async () => differs(await dataOf(store, 'client-tls', 'tls.crt'), second), {
    timeout: 300_000,
    interval: 1000,
  });
  await waitFor('the former one is retired', async () => (await count()) === 1, { timeout: 300_000, interval: 1000 });
  t.not(await bundle(), authority);
  await store.settled();

  const { codes, p50, p99, p999 } = await load;
  const { acknowledged, refused, longestGap } = await writer.stop();
  t.log(`acknowledged ${acknowledged.size} writes, longest gap ${Math.round(longestGap)} ms`);
  t.log(`p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} p99.9 ${p999.toFixed(1)} ms, ${JSON.stringify(codes)}`);
  t.deepEqual(Object.keys(codes), ['200']);
  t.deepEqual(beyondHandovers(refused, 2), []);
  t.deepEqual(await lost(store, acknowledged), []);
  t.deepEqual((await store.servicePods()).map(({ uid }) => uid).sort(), pods, 'the service was not restarted');
});

/** A value of one of the Secrets with certificates; empty while it is gone. */
async function dataOf(store: KvStoreHandle, secret: string, key: string): Promise<string> {
  const path = `.data.${key.replace('.', '\\.')}`;
  const text = await kubectl(
    ...['get', 'secret', `store-etcd-${secret}`, '-n', store.namespace, '--ignore-not-found'],
    ...['-o', `jsonpath={${path}}`],
  );
  return Buffer.from(text, 'base64').toString();
}

function differs(now: string, before: string): boolean {
  return now !== '' && now !== before;
}

/** Runs etcdctl in a pod of the namespace, which admits no other than restricted ones. */
async function runPod(
  { namespace }: KvStoreHandle,
  name: string,
  image: string,
  words: readonly string[],
  withCertificate: boolean,
): Promise<{ readonly phase: string; readonly log: string }> {
  const mount = { volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }] };
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'etcdctl',
          image,
          command: ['/usr/local/bin/etcdctl', ...words],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          ...(withCertificate ? mount : {}),
        },
      ],
      ...(withCertificate ? { volumes: [{ name: 'tls', secret: { secretName: 'store-etcd-client-tls' } }] } : {}),
    },
  });
  const phase = () => field('.status.phase', 'pod', name, '-n', namespace);
  await waitFor(`${name} ends`, async () => ['Succeeded', 'Failed'].includes(await phase()), { timeout: 90_000 });
  return { phase: await phase(), log: await kubectl('logs', '-n', namespace, name) };
}
