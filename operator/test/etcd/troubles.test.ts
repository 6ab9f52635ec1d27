/** What goes wrong with an etcd, against real members. */
import test from 'ava';
import { FakeCluster } from './fake-cluster.ts';
import { countKeys, putKeys } from './values.ts';

test('a bad image stops one member only, and a good one heals it without a hand on pods', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  cluster.want({ image: 'example.com/bad:1' });
  const stuckPods = () => [...cluster.pods.values()].filter(({ image }) => image === 'example.com/bad:1').length;
  const stuck = await cluster.until(({ reason }) => reason === 'EtcdMembersNotReady' && stuckPods() > 0);
  t.like(stuck, { degraded: true, readyMembers: 2 });
  for (let round = 0; round < 10; round++) await cluster.reconcile();
  t.is(stuckPods(), 1);
  cluster.want({ image: 'registry.k8s.io/etcd:v3.6.17' });
  const healed = await cluster.settled();
  t.is(healed.readyMembers, 3);
  t.true([...cluster.pods.values()].every(({ image }) => image === 'registry.k8s.io/etcd:v3.6.17'));
});

test('a version that etcd does not allow is refused and leaves the members alone', async (t) => {
  const cluster = await FakeCluster.start({ members: 1 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const pods = [...cluster.pods.values()].map(({ uid }) => uid);
  for (const image of ['registry.k8s.io/etcd:v3.8.0', 'registry.k8s.io/etcd:v3.5.40', 'registry.k8s.io/etcd:v3.6.13']) {
    cluster.want({ image });
    const outcome = await cluster.reconcile();
    t.like(outcome, { reason: 'EtcdImageRefused', degraded: true, readyMembers: 1 }, image);
  }
  t.deepEqual(
    [...cluster.pods.values()].map(({ uid }) => uid),
    pods,
  );
});

test('with its quorum lost nothing is removed, deleted or bootstrapped', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  await putKeys(cluster, 'life/', 20);
  const pod = cluster.pods.get('shop-etcd-0')?.uid;
  await cluster.loseVolume(1);
  await cluster.loseVolume(2);
  cluster.actions.length = 0;
  const restarted = () => (cluster.pods.get('shop-etcd-1')?.restarts ?? 0) > 2;
  const outcome = await cluster.until(({ reason }) => reason === 'EtcdQuorumLost' && restarted());
  t.like(outcome, { degraded: true, settled: false, readyMembers: 0 });
  t.regex(outcome.message, /new, empty volumes: shop-etcd-1, shop-etcd-2/);
  t.deepEqual(cluster.actions, []);
  t.is(cluster.pods.get('shop-etcd-0')?.uid, pod);
  t.is(await countKeys(cluster, 0, 'life/'), 20);
});

test('a single member that lost its volume is not bootstrapped anew', async (t) => {
  const cluster = await FakeCluster.start({ members: 1 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  await cluster.loseVolume(0);
  const restarted = () => (cluster.pods.get('shop-etcd-0')?.restarts ?? 0) > 2;
  const outcome = await cluster.until(({ reason }) => reason === 'EtcdQuorumLost' && restarted());
  t.true(outcome.degraded);
});

test('volumes kept from a deleted KvStore come back with their values, and the members with what is wanted now', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  await putKeys(cluster, 'life/', 20);
  await cluster.deleteKvStore();
  cluster.want({ members: 1 });
  await cluster.until(({ settled }) => settled && cluster.claims.size === 1);
  t.is(await countKeys(cluster, 0, 'life/'), 20);
});

test('a member whose claim was missing when its KvStore came back is replaced', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  await putKeys(cluster, 'life/', 20);
  await cluster.deleteKvStore();
  cluster.claims.delete('data-shop-etcd-0');
  const outcome = await cluster.settled();
  t.is(outcome.readyMembers, 3);
  t.is(await countKeys(cluster, 0, 'life/'), 20);
  for (const [id, claims] of cluster.claimsOfMember) t.is(claims.size, 1, `member ${id}`);
});

test('NOSPACE: history is compacted, each member defragmented, the leader last, and the alarm disarmed', async (t) => {
  // A quota of 16 MiB.
  const cluster = await FakeCluster.start({ storage: { size: '64Mi' } });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const fill = async () => {
    for (let round = 0; round < 60; round++) await putKeys(cluster, 'life/', 1, 500_000);
  };
  await t.throwsAsync(fill, { message: /database space exceeded/ });
  cluster.actions.length = 0;
  await cluster.until(({ reason }) => reason === 'EtcdOutOfSpace');
  await cluster.settled();
  const defragmented = cluster.actions.filter((action) => action.startsWith('defragment'));
  t.is(new Set(defragmented).size, 3);
  const { leaderId } = await cluster.member('shop-etcd-0').status();
  const list = await cluster.member('shop-etcd-0').memberList();
  t.is(defragmented.at(-1), `defragment ${list.find(({ id }) => id === leaderId)?.name}`);
  await putKeys(cluster, 'life/', 1, 500_000);
  t.pass();
});

test('larger volumes are asked for, then used: members restart with the larger quota', async (t) => {
  const cluster = await FakeCluster.start({ members: 1, storage: { size: '1Gi' } });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const { dbSizeQuota } = await cluster.member('shop-etcd-0').status();
  cluster.want({ storage: { size: '3Gi' } });
  await cluster.until(({ settled }) => settled && cluster.claims.get('data-shop-etcd-0')?.request === '3Gi');
  t.is(dbSizeQuota, 256 * 2 ** 20);
  const status = await cluster.member('shop-etcd-0').status();
  t.is(status.dbSizeQuota, 1280 * 2 ** 20);
  t.is(cluster.applied.statefulSet?.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage, '1Gi');
});
