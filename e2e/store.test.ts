/**
 * A KvStore on a real cluster: installed from config/, used through its Ingress, and kept whole while everything about
 * it is changed, restarted or killed. Needs KUBECONFIG, kubectl and fortio on the PATH, and the images loaded.
 */
import test from 'ava';
import { decimal } from '../test-support/argument-kinds.ts';
import { fromEnvironment } from '../test-support/arguments.ts';
import { waitFor } from '../test-support/wait-for.ts';
import { beyondHandovers, lost, send, startWriter } from './support/client.ts';
import { etcdLeader } from './support/etcd-leader.ts';
import { fortio } from './support/fortio.ts';
import { getFromPod, kubectl } from './support/kubectl.ts';
import { createKvStore, makeNamespace, statusField } from './support/kvstore.ts';
import { installOperator, operatorRolledOut, operatorSelector, restartOperator } from './support/operator.ts';

/** Seconds of load; longer for a thorough run. */
const loadSeconds = fromEnvironment('KV_E2E_LOAD_SECONDS', decimal({ default: 90, from: 1 }));

test.before('install', installOperator);

test('the four endpoints answer through the Ingress, and all replicas agree', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const pairs = '{"abc-1":1,"abc-2":2,"xyz-1":"three","xyz-2":4}';
  t.like(await send(store, 'POST', '/set', pairs), { status: 200, body: pairs });
  t.like(await send(store, 'GET', '/get/xyz-1'), { status: 200, body: '"three"' });
  t.like(await send(store, 'GET', '/search?prefix=abc'), { status: 200, body: '["abc-1","abc-2"]' });
  t.like(await send(store, 'GET', '/search?suffix=-1'), { status: 200, body: '["abc-1","xyz-1"]' });
  t.like(await send(store, 'GET', '/'), { status: 200, body: pairs });
  t.is((await send(store, 'GET', '/metrics')).status, 404, 'metrics stay inside');

  const pods = await store.servicePods();
  t.is(pods.length, 3);
  for (const { name } of pods) t.is(await getFromPod(store.namespace, name, 8080, '/'), pairs);
  t.is(await statusField(store, '.etcd.readyMembers'), '3');
});

test('no client notices a new image, a rolling restart of etcd, or a restart of the operator', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'roll-');
  const before = await fortio(store, Math.max(10, loadSeconds / 3));
  const load = fortio(store, loadSeconds);
  const image = await servedImage(store.namespace);
  const etcdBefore = (await store.etcdPods()).map(({ uid }) => uid);

  await store.patch({ image: `${image.slice(0, image.lastIndexOf(':'))}:next` });
  await store.settled();
  t.not(await servedImage(store.namespace), image);
  await store.patch({ image: null });
  await store.settled();
  t.is(await servedImage(store.namespace), image);

  await store.patch({ etcd: { resources: { requests: { cpu: '51m', memory: '129Mi' } } } });
  await waitFor(
    'every member of etcd is another pod',
    async () => {
      const pods = await store.etcdPods();
      return pods.length === 3 && pods.every(({ uid, ready }) => ready && !etcdBefore.includes(uid));
    },
    { timeout: 240_000, interval: 1000 },
  );
  await store.settled();
  await restartOperator();

  const during = await load;
  const { acknowledged, refused, longestGap } = await writer.stop();
  t.log(`acknowledged ${acknowledged.size} writes, longest gap ${Math.round(longestGap)} ms`);
  for (const [name, { p50, p99, p999, codes }] of Object.entries({ before, during })) {
    t.log(`${name}: p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} p99.9 ${p999.toFixed(1)} ms, ${JSON.stringify(codes)}`);
  }
  t.deepEqual(Object.keys(during.codes), ['200']);
  t.deepEqual(beyondHandovers(refused, 1), []);
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});

test('a killed service pod, etcd leader or operator loses no acknowledged write', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'kill-');
  const [pod] = await store.servicePods();
  await kubectl('delete', 'pod', '-n', store.namespace, pod?.name ?? '', '--grace-period=0', '--force');
  await store.settled();
  const leader = await etcdLeader(store);
  await kubectl('delete', 'pod', '-n', store.namespace, leader, '--grace-period=0', '--force');
  await waitFor('the leader is somebody', async () => (await etcdLeader(store)) !== '', { timeout: 60_000 });
  await store.settled();
  await kubectl('delete', 'pod', '-n', 'kvstore-system', '-l', operatorSelector, '--grace-period=0', '--force');
  await operatorRolledOut();
  await store.settled();
  const { acknowledged, refused, longestGap } = await writer.stop();
  t.log(
    `acknowledged ${acknowledged.size}, longest gap ${Math.round(longestGap)} ms, others ${[...refused].join(' ')}`,
  );
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});

test('a member of etcd that lost its volume is replaced, with every value', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'volume-');
  const claim = ['-n', store.namespace, `pvc/data-${store.name}-etcd-1`];
  const before = await kubectl('get', ...claim, '-o', 'jsonpath={.metadata.uid}');
  await kubectl('delete', ...claim, '--wait=false');
  await kubectl('delete', 'pod', '-n', store.namespace, `${store.name}-etcd-1`, '--grace-period=0', '--force');
  await waitFor(
    'the member has a new volume and is ready',
    async () => {
      const now = await kubectl('get', ...claim, '-o', 'jsonpath={.metadata.uid}');
      const pods = await store.etcdPods();
      return now !== before && pods.length === 3 && pods.every(({ ready }) => ready);
    },
    { timeout: 240_000, interval: 1000 },
  );
  await store.settled();
  t.is(await statusField(store, '.etcd.readyMembers'), '3');
  const { acknowledged } = await writer.stop();
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});

test('kubectl scale and a bad image that is corrected leave the store serving', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'scale-');
  for (const replicas of [5, 2]) {
    await kubectl('scale', 'kvs', store.name, '-n', store.namespace, `--replicas=${replicas}`);
    await store.settled();
    await waitFor(`${replicas} pods`, async () => (await store.servicePods()).length === replicas);
  }
  await store.patch({ image: 'kvstore/service:does-not-exist' });
  await waitFor('the rollout hangs', async () => (await store.servicePods()).some(({ ready }) => !ready), {
    timeout: 60_000,
  });
  t.is((await send(store, 'GET', '/')).status, 200);
  await store.patch({ image: null });
  await store.settled();
  const { acknowledged, refused } = await writer.stop();
  t.deepEqual([...refused], []);
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});

test('deleted and created again: the values are back with Retain, gone with Delete', async (t) => {
  const namespace = await makeNamespace(t);
  for (const [retentionPolicy, expected] of [
    ['Retain', '{"kept":1}'],
    ['Delete', '{}'],
  ] as const) {
    const name = `store-${retentionPolicy.toLowerCase()}`;
    const spec = { etcd: { storage: { size: '1Gi' }, retentionPolicy } };
    const first = await createKvStore(namespace, spec, name);
    t.is((await send(first, 'POST', '/set', '{"kept":1}')).status, 200);
    await kubectl('delete', 'kvs', name, '-n', namespace, '--cascade=foreground');
    const pods = ['get', 'pods', '-n', namespace, '-l', `app.kubernetes.io/instance=${name}`, '-o', 'name'];
    await waitFor('its pods are gone', async () => (await kubectl(...pods)) === '', { timeout: 120_000 });
    const claims = async () => (await kubectl('get', 'pvc', '-n', namespace, '-o', 'name')).includes(`data-${name}-`);
    if (retentionPolicy === 'Delete') await waitFor('its claims are gone', async () => !(await claims()));
    else t.true(await claims());
    const second = await createKvStore(namespace, spec, name);
    t.is((await send(second, 'GET', '/')).body, expected);
  }
});

test('uninstalling in the wrong order hangs nowhere', async (t) => {
  const namespace = await makeNamespace(t);
  await createKvStore(namespace);
  await kubectl('delete', '-n', 'kvstore-system', 'deployment/kvstore-operator', '--timeout=60s');
  await kubectl('delete', 'kvs', 'store', '-n', namespace, '--timeout=60s');
  await kubectl('delete', 'namespace', namespace, '--timeout=120s');
  const remove = (folder: string) => kubectl('delete', '-k', folder, '--ignore-not-found', '--timeout=120s');
  const refused = await t.throwsAsync(remove('config/crd'));
  t.regex(refused?.message ?? '', /deletes every KvStore of the cluster/);
  await remove('config/without-crd');
  // The API server gives a policy up a moment after it is gone.
  await waitFor('the definition is deleted', async () => (await remove('config/crd')) !== undefined);
  t.is(await kubectl('get', 'crd', 'kvstores.kvstore.dev', '--ignore-not-found'), '');
});

function servedImage(namespace: string): Promise<string> {
  return kubectl(
    'get',
    'deployment',
    'store',
    '-n',
    namespace,
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  );
}
