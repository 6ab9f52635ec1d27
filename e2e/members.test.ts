/** Members of etcd: lost right after another one moved, restarted as planned, scaled by hand, and a bad image. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, send, startWriter } from './support/client.ts';
import { etcdLeader } from './support/etcd-leader.ts';
import { field, kubectl } from './support/kubectl.ts';
import { createKvStore, type KvStoreHandle, makeNamespace, statusField } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const conditionOf = (store: KvStoreHandle, type: string, what: string): Promise<string> =>
  statusField(store, `.conditions[?(@.type=="${type}")].${what}`);

test('a member is replaced whose volume is lost while the others have just met anew; planned restarts are not Degraded', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'lost-');
  t.teardown(async () => void (await writer.stop()));
  const pods = ['pod', '-n', store.namespace];
  const leader = await etcdLeader(store);
  const members = await store.etcdPods();
  const moved = members.find(({ name }) => name === leader);
  const [other = ''] = members.map(({ name }) => name).filter((name) => name !== leader);
  await kubectl('delete', ...pods, leader, '--wait=false');
  // It is back at another address, while the others may still dial the one of before.
  await waitFor(
    'the former leader is back',
    async () => {
      const now = await store.etcdPods();
      return now.length === 3 && now.every(({ uid, ready }) => ready && uid !== moved?.uid);
    },
    { timeout: 60_000 },
  );
  const claim = ['-n', store.namespace, `pvc/data-${other}`];
  const before = await field('.metadata.uid', ...claim);
  const killed = members.find(({ name }) => name === other)?.uid;
  await kubectl('delete', ...claim, '--wait=false');
  await kubectl('delete', ...pods, other, '--grace-period=0', '--force');
  const startedAt = performance.now();
  await waitFor(
    'the member is replaced',
    async () => {
      const uid = await field('.metadata.uid', ...claim, '--ignore-not-found');
      const pod = (await store.etcdPods()).find(({ name }) => name === other);
      // The status counts the one that was killed until the operator has seen it gone.
      const isNew = uid !== '' && uid !== before && pod?.ready === true && pod.uid !== killed;
      return isNew && (await statusField(store, '.etcd.readyMembers')) === '3';
    },
    { timeout: 120_000, interval: 500 },
  );
  await store.settled();
  t.log(`replaced after ${Math.round((performance.now() - startedAt) / 1000)} s`);

  const set = ['-n', store.namespace, `sts/${store.name}-etcd`];
  await t.throwsAsync(kubectl('scale', ...set, '--replicas=1'), { message: /set spec\.etcd\.members of the KvStore/ });

  const uids = (await store.etcdPods()).map(({ uid }) => uid);
  const degraded = new Set<string>();
  let fewest = 3;
  await kubectl('rollout', 'restart', ...set);
  await waitFor(
    'every member is another pod',
    async () => {
      const now = await store.etcdPods();
      // As the members themselves say: the kubelet asks them every five seconds, and lags behind.
      fewest = Math.min(fewest, Number(await statusField(store, '.etcd.readyMembers')));
      if ((await conditionOf(store, 'Degraded', 'status')) === 'True') {
        degraded.add(await conditionOf(store, 'Degraded', 'message'));
      }
      return now.length === 3 && now.every(({ uid, ready }) => ready && !uids.includes(uid));
    },
    { timeout: 120_000, interval: 200 },
  );
  await store.settled();
  t.deepEqual([...degraded], []);
  t.is(fewest, 2);
  const { acknowledged } = await writer.stop();
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});

test('an image that cannot be pulled leaves the only member as it is and says why', async (t) => {
  const spec = { replicas: 1, etcd: { members: 1, storage: { size: '1Gi' } } };
  const store = await createKvStore(await makeNamespace(t), spec);
  const [member] = await store.etcdPods();
  await store.patch({ etcd: { image: 'registry.invalid/etcd:v3.6.99' } });
  await waitFor(
    'Degraded says why',
    async () => (await conditionOf(store, 'Degraded', 'reason')) === 'EtcdImageUnusable',
    { timeout: 60_000, interval: 500 },
  );
  t.regex(await conditionOf(store, 'Degraded', 'message'), /registry\.invalid\/etcd:v3\.6\.99.*Err|BackOff/);
  t.is(await conditionOf(store, 'Ready', 'status'), 'True');
  t.is((await send(store, 'POST', '/set', '{"meanwhile":1}')).status, 200);
  await store.patch({ etcd: { image: null } });
  await store.settled();
  t.is(await conditionOf(store, 'Degraded', 'status'), 'False');
  t.deepEqual(
    (await store.etcdPods()).map(({ uid }) => uid),
    [member?.uid],
  );
});
