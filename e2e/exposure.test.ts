/** Two stores and one door: each request reaches the store that it is meant for, or none. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { send } from './support/client.ts';
import { getFromPod, kubectl } from './support/kubectl.ts';
import { applyKvStore, conditionOf, type KvStoreHandle, makeNamespace, statusField } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const small = { replicas: 1, etcd: { members: 1, storage: { size: '1Gi' } } };

test('a host without a replica is answered by no other store', async (t) => {
  const namespace = await makeNamespace(t);
  const everyHost = await applyKvStore(namespace, { ...small, ingress: {} }, 'every');
  const store = await applyKvStore(namespace, small, 'hosted');
  await Promise.all([everyHost.settled(), store.settled()]);
  await Promise.all([everyHost.reachable(), store.reachable()]);
  t.is((await send(everyHost, 'POST', '/set', '{"of":"every"}')).status, 200);

  const watch = async (until: () => Promise<boolean>) => {
    const seen = new Map<string, number>();
    const end = performance.now() + 60_000;
    while (performance.now() < end && !(await until())) {
      const { status, headers } = await send(store, 'GET', '/');
      const who = `${status} ${headers['kvstore-identity'] ?? ''}`;
      seen.set(who, (seen.get(who) ?? 0) + 1);
    }
    return seen;
  };
  const stranger = await statusField(everyHost, '.identity');
  await store.patch({ replicas: 0 });
  const end = performance.now() + 30_000;
  const none = await watch(async () => performance.now() > end);
  t.log('scaled to 0:', Object.fromEntries(none));
  t.is(none.get(`200 ${stranger}`), undefined);
  t.true((none.get('502 ') ?? 0) > 0, 'the route stands');
  await store.patch({ replicas: 1 });
  const back = await watch(async () => (await send(store, 'GET', '/')).status === 200);
  t.log('scaled to 1:', Object.fromEntries(back));
  t.is(back.get(`200 ${stranger}`), undefined);
  await store.settled();
  // The next test has a store for every host as well.
  await kubectl('delete', 'kvs', 'every', '-n', namespace);
  await kubectl('wait', 'ingress/every', '-n', namespace, '--for=delete', '--timeout=60s');
});

async function inPod(store: KvStoreHandle, path: string): Promise<string> {
  const [pod] = await store.servicePods();
  return getFromPod(store.namespace, pod?.name ?? '', 8080, path);
}

test('a second store for every host gets no route, and what is sent to the door reaches the first', async (t) => {
  const namespaces = [await makeNamespace(t), await makeNamespace(t)] as const;
  const everyHost = { ...small, ingress: {} };
  const first = await applyKvStore(namespaces[0], everyHost, 'first');
  await first.settled();
  await first.reachable();
  const second = await applyKvStore(namespaces[1], everyHost, 'second');
  await second.settled();
  t.like(await conditionOf(second, 'Exposed'), { status: 'False', reason: 'HostTaken' });
  t.like(await conditionOf(second, 'Degraded'), { status: 'True', reason: 'HostTaken' });
  t.is(await kubectl('get', 'ingress', '-n', second.namespace, '-o', 'name'), '');

  for (let i = 0; i < 20; i++) {
    t.is((await send(first, 'POST', '/set', JSON.stringify({ [`key-${i}`]: i }))).status, 200);
    t.is((await send(first, 'GET', `/get/key-${i}`)).body, String(i));
  }
  t.is(await inPod(second, '/'), '{}');
  const meant = { 'KvStore-Identity': await statusField(second, '.identity') };
  t.is((await send(first, 'POST', '/set', '{"meant":"for second"}', meant)).status, 421);

  const events = await kubectl('get', 'events', '-n', second.namespace, '-o', 'jsonpath={.items[*].reason}');
  t.regex(events, /HostTaken/);
  await kubectl('delete', 'kvs', 'first', '-n', first.namespace);
  await waitFor('the second is exposed', async () => (await conditionOf(second, 'Exposed'))?.status !== 'False', {
    timeout: 60_000,
    interval: 500,
  });
  await waitFor('the door leads to it', async () => (await send(second, 'GET', '/', undefined, meant)).body === '{}', {
    timeout: 60_000,
    interval: 500,
  });
});
