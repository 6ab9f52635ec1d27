/** What the operator says while something is wrong, and that it gets over it without a hand on pods. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { send } from './support/client.ts';
import { apply, field, kubectl } from './support/kubectl.ts';
import { conditionOf, createKvStore, type KvStoreHandle, makeNamespace, statusField } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const small = { replicas: 2, etcd: { members: 1, storage: { size: '1Gi' } } };

function told(store: KvStoreHandle, type: string, expected: { readonly status: string; readonly message?: RegExp }) {
  return waitFor(
    `${type} is ${expected.status} ${expected.message ?? ''}`,
    async () => {
      const found = await conditionOf(store, type);
      const fits = found?.status === expected.status && (expected.message?.test(found.message) ?? true);
      if (!fits) throw new Error(JSON.stringify(found));
      return found;
    },
    { timeout: 120_000, interval: 500 },
  );
}

/** `kubectl wait`, which looks at the generation that a condition is of. */
async function waitEnds(store: KvStoreHandle, seconds: number): Promise<boolean> {
  const words = ['wait', `kvs/${store.name}`, '-n', store.namespace, '--for=condition=Ready', `--timeout=${seconds}s`];
  return kubectl(...words).then(
    () => true,
    () => false,
  );
}

test('a bad image, a lost Secret and a claim that is not there are named, and over once they are mended', async (t) => {
  const namespace = await makeNamespace(t);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tokens', namespace } };
  const digest = 'a'.repeat(64);
  await apply({ ...secret, stringData: { tokens: `rw till sha256:${digest}\n` } });
  await apply({ ...secret, metadata: { name: 'token', namespace }, stringData: { token: 'none' } });
  const backup = { schedule: '*/1 * * * *', volumeClaim: 'nowhere', tokenSecretName: 'token' };
  const store = await createKvStore(
    namespace,
    { ...small, auth: { tokensSecretName: 'tokens' }, backup },
    'store',
    401,
  );

  await store.patch({ image: 'kvstore/service:does-not-exist' });
  const bad = await told(store, 'Stalled', {
    status: 'True',
    message: /store-\S+: (ErrImage|ImagePull)\w+: .*does-not-exist/,
  });
  t.log(bad.message);
  t.false(await waitEnds(store, 3), 'the newest spec is not ready');
  t.is((await send(store, 'GET', '/')).status, 401, 'the old replicas serve');
  await store.patch({ image: null });
  t.true(await waitEnds(store, 120));
  await store.settled();

  const [pod] = await store.servicePods();
  await kubectl('delete', 'secret', 'tokens', '-n', namespace);
  await kubectl('delete', 'pod', pod?.name ?? '', '-n', namespace, '--wait=false');
  const lost = await told(store, 'Degraded', { status: 'True', message: /FailedMount: .*tokens/ });
  t.log(lost.message);
  t.is((await conditionOf(store, 'Ready'))?.status, 'False');
  await apply({ ...secret, stringData: { tokens: `rw till sha256:${digest}\n` } });

  const missing = await told(store, 'LastBackupSucceeded', { status: 'False', message: /Unschedulable: .*nowhere/ });
  t.log(missing.message);
  await store.patch({ backup: null });
  await store.settled(240);
  await told(store, 'Degraded', { status: 'False' });
  const reasons = await kubectl('get', 'events', '-n', namespace, '-o', 'jsonpath={.items[*].reason}');
  for (const reason of ['FailedMount', 'BackupFailed', 'Recovered']) t.true(reasons.includes(reason), reason);
});

test('etcd is gone for two minutes: replicas stay, what they have can be read, and paused looks on', async (t) => {
  const store = await createKvStore(await makeNamespace(t), small);
  t.is((await send(store, 'POST', '/set', '{"a":1}')).status, 200);
  await store.patch({ paused: true });
  const etcd = ['statefulset', `${store.name}-etcd`, '-n', store.namespace];
  const member = `pod/${store.name}-etcd-0`;
  await kubectl('scale', ...etcd, '--replicas=0');
  // Not only marked for deletion: a member that is still ending answers.
  await kubectl('wait', member, '-n', store.namespace, '--for=delete', '--timeout=60s');
  const end = performance.now() + 120_000;
  const stale = new Set<number>();
  const fresh = new Set<string>();
  let oldest = 0;
  while (performance.now() < end) {
    const answer = await send(store, 'GET', '/get/a?consistency=stale');
    stale.add(answer.status);
    oldest = Math.max(oldest, Number(answer.headers.age));
    const [read, write] = await Promise.all([send(store, 'GET', '/get/a'), send(store, 'POST', '/set', '{"a":2}')]);
    fresh.add(`${read.status} ${read.headers['retry-after']}`).add(`${write.status} ${write.headers['retry-after']}`);
  }
  t.deepEqual([...stale], [200]);
  t.deepEqual([...fresh], ['503 1']);
  t.true(oldest > 60, `the oldest was ${oldest} s old`);
  t.deepEqual(
    (await store.servicePods()).map(({ ready }) => ready),
    [true, true],
  );
  t.is(await statusField(store, '.etcd.readyMembers'), '0');
  t.is((await conditionOf(store, 'Degraded'))?.status, 'True');
  t.like(await conditionOf(store, 'Progressing'), { reason: 'Paused' });
  t.is(await field('.spec.replicas', ...etcd), '0', 'nothing was changed');
  await store.patch({ paused: false });
  await store.settled();
  t.is((await send(store, 'POST', '/set', '{"a":3}')).status, 200);
});

test('deleted certificates of etcd are there before the next pod starts', async (t) => {
  const store = await createKvStore(await makeNamespace(t), small);
  const secrets = ['member', 'client', 'operator'].map((leaf) => `secret/${store.name}-etcd-${leaf}-tls`);
  const [pod] = await store.servicePods();
  await kubectl('delete', ...secrets, '-n', store.namespace);
  const start = performance.now();
  await kubectl('delete', 'pod', pod?.name ?? '', '-n', store.namespace, '--wait=false');
  await waitFor(
    'another pod is ready',
    async () => {
      const pods = await store.servicePods();
      return pods.length === 2 && pods.every(({ name, ready }) => ready && name !== pod?.name);
    },
    { timeout: 60_000, interval: 500 },
  );
  const seconds = (performance.now() - start) / 1000;
  t.log(`ready after ${seconds.toFixed(1)} s`);
  t.true(seconds < 40, 'a Secret that is looked for once a minute would take longer');
  await store.settled();
});
