/** The table of single losses in docs/etcd-recovery.md: what comes back by itself, in a store of one and in one of three. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { send } from './support/client.ts';
import { apply, field, kubectl } from './support/kubectl.ts';
import { createKvStore, type KvStoreHandle, makeNamespace } from './support/kvstore.ts';
import { installOperator, operatorRolledOut, operatorSelector } from './support/operator.ts';

test.before('install', installOperator);

interface Loss {
  readonly what: string;
  /** `kind/name` of what is deleted; it comes back with another UID. */
  readonly objects: (store: KvStoreHandle) => readonly string[];
  /** More that is needed for it to be back. */
  readonly afterwards?: (store: KvStoreHandle) => Promise<unknown>;
  /** Only with three members. */
  readonly needsOthers?: true;
}

const etcd = ({ name }: KvStoreHandle) => `${name}-etcd`;

const losses: readonly Loss[] = [
  {
    what: 'a pod of the service',
    objects: () => [],
    afterwards: async (store) => {
      const [pod] = await store.servicePods();
      await kubectl('delete', 'pod', pod?.name ?? '', '-n', store.namespace, '--wait=false');
      await waitFor('it is replaced', async () => !(await store.servicePods()).some(({ uid }) => uid === pod?.uid));
    },
  },
  { what: 'the Deployment', objects: ({ name }) => [`deployment/${name}`] },
  { what: 'a pod of etcd', objects: (store) => [`pod/${etcd(store)}-0`] },
  {
    what: 'a pod and a volume of etcd',
    objects: (store) => [`pvc/data-${etcd(store)}-0`, `pod/${etcd(store)}-0`],
    needsOthers: true,
  },
  { what: 'the StatefulSet', objects: (store) => [`statefulset/${etcd(store)}`] },
  { what: 'the ConfigMap', objects: (store) => [`configmap/${etcd(store)}`] },
  { what: 'both Services', objects: (store) => [`service/${store.name}`, `service/${etcd(store)}`] },
  {
    what: 'all certificates',
    objects: (store) =>
      ['ca', 'member-tls', 'client-tls', 'operator-tls'].map((part) => `secret/${etcd(store)}-${part}`),
    afterwards: async (store) => {
      await kubectl('delete', 'pod', '-n', store.namespace, '-l', 'app.kubernetes.io/component=etcd', '--wait=false');
    },
  },
];

test('every single loss comes back, with the values', async (t) => {
  const namespaces = [await makeNamespace(t), await makeNamespace(t)];
  const [one = '', three = ''] = namespaces;
  const stores = await Promise.all([
    createKvStore(one, { replicas: 1, etcd: { members: 1, storage: { size: '1Gi' } } }, 'one'),
    createKvStore(three, {}, 'three'),
  ]);
  await Promise.all(
    stores.map(async (store) => {
      for (const loss of losses) {
        if (loss.needsOthers && store.name === 'one') continue;
        const value = `{"${store.name}":"${loss.what}"}`;
        const isDone = async (method: string, path: string, body?: string): Promise<boolean> => {
          const answer = await send(store, method, path, body).catch(() => undefined);
          return answer?.status === 200 && answer.body === value;
        };
        const within = { timeout: 120_000, interval: 250 };
        await waitFor(`${store.name} takes ${value}`, () => isDone('POST', '/set', value), within);
        const startedAt = performance.now();
        await lose(store, loss);
        await waitFor(`${store.name} has ${value}`, () => isDone('GET', '/'), within);
        await store.settled();
        await waitFor(`${store.name} takes ${value} again`, () => isDone('POST', '/set', value), within);
        t.log(`${store.name}, ${loss.what}: ${Math.round((performance.now() - startedAt) / 1000)} s`);
      }
    }),
  );
  await kubectl('delete', 'pod', '-n', 'kvstore-system', '-l', operatorSelector, '--wait=false');
  await operatorRolledOut();
  for (const store of stores) {
    await store.settled();
    t.is((await send(store, 'GET', '/')).body, `{"${store.name}":"all certificates"}`);
  }
});

test('a KvStore that is deleted and applied again has its values, of one and of three', async (t) => {
  const one = { replicas: 1, etcd: { members: 1, storage: { size: '1Gi' } } };
  const stores = await Promise.all([
    createKvStore(await makeNamespace(t), one, 'one'),
    createKvStore(await makeNamespace(t), {}, 'three'),
  ]);
  await Promise.all(
    stores.map(async (store) => {
      const { name, namespace } = store;
      t.is((await send(store, 'POST', '/set', '{"kept":1}')).status, 200);
      const { apiVersion, kind, spec } = JSON.parse(await kubectl('get', 'kvs', name, '-n', namespace, '-o', 'json'));
      await kubectl('delete', 'kvs', name, '-n', namespace);
      await kubectl('wait', `statefulset/${etcd(store)}`, '-n', namespace, '--for=delete', '--timeout=60s');
      const startedAt = performance.now();
      await apply({ apiVersion, kind, metadata: { name, namespace }, spec });
      await store.settled();
      await store.reachable();
      t.log(`${name}: ${Math.round((performance.now() - startedAt) / 1000)} s`);
      t.is((await send(store, 'GET', '/')).body, '{"kept":1}');
      t.is((await send(store, 'POST', '/set', '{"kept":2}')).status, 200);
    }),
  );
});

async function lose(store: KvStoreHandle, { objects, afterwards }: Loss): Promise<void> {
  const { namespace } = store;
  const uid = (object: string) => field('.metadata.uid', object, '-n', namespace).catch(() => '');
  const before = new Map<string, string>();
  for (const object of objects(store)) before.set(object, await uid(object));
  if (before.size > 0) await kubectl('delete', ...before.keys(), '-n', namespace, '--wait=false');
  await afterwards?.(store);
  for (const [object, former] of before) {
    await waitFor(`${object} is there again`, async () => !['', former].includes(await uid(object)), {
      timeout: 180_000,
      interval: 250,
    });
  }
}
