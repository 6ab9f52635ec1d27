/** Two stores and one door: each request reaches the store that it is meant for, or none. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { send } from './support/client.ts';
import { getFromPod, kubectl } from './support/kubectl.ts';
import { applyKvStore, conditionOf, type KvStoreHandle, makeNamespace, statusField } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const small = { replicas: 1, etcd: { members: 1, storage: { size: '1Gi' } } };

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
