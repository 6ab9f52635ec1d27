/** What goes wrong with an etcd, against real members. */
import type { KubernetesObject } from '@kubernetes/client-node';
import test from 'ava';
import type { EtcdOutcome } from '../../src/etcd/contract.ts';
import { MissingCertificatesError } from '../../src/etcd/tls/present-tls.ts';
import { FakeCluster } from './fake-cluster.ts';
import { countKeys, putKeys } from './values.ts';

for (const members of [1, 3] as const) {
  test(`a bad image stops none of ${members}, Degraded says why, and a good one is rolled out`, async (t) => {
    const cluster = await FakeCluster.start({ members });
    t.teardown(() => cluster.stop());
    await cluster.settled();
    const uids = () => [...cluster.pods.values()].map(({ uid }) => uid);
    const before = uids();
    cluster.want({ image: 'example.com/bad:1' });
    const stuck = await cluster.until(({ reason }) => reason === 'EtcdImageUnusable');
    t.like(stuck, { degraded: true, settled: false, readyMembers: members });
    t.regex(stuck.message, /^example.com\/bad:1 cannot be used, members stay as they are: .*ImagePullBackOff/);
    for (let round = 0; round < 10; round++) await cluster.reconcile();
    t.deepEqual(uids(), before);
    // A pod that is made meanwhile, after a drain say, gets the image that works.
    const last = cluster.pods.get(`shop-etcd-${members - 1}`);
    if (last !== undefined) cluster.workloads.stopPod(last);
    const others = await cluster.until(
      ({ readyMembers }) => readyMembers === members && !uids().includes(last?.uid ?? ''),
    );
    t.is(others.reason, 'EtcdImageUnusable');

    cluster.want({ image: 'registry.k8s.io/etcd:v3.6.17' });
    const outcomes: EtcdOutcome[] = [];
    const healed = await cluster.until((outcome) => {
      outcomes.push(outcome);
      return outcome.settled;
    });
    t.is(healed.readyMembers, members);
    t.true([...cluster.pods.values()].every(({ image }) => image === 'registry.k8s.io/etcd:v3.6.17'));
    t.deepEqual(
      cluster.applied.trials.jobs.map(({ metadata }) => metadata?.name),
      [],
    );
    const degraded = outcomes.filter((outcome) => outcome.degraded);
    t.deepEqual(degraded, [], 'nothing is wrong while members are restarted as planned');
  });
}

test('a trial that gives no verdict is ended and made anew, and the same step is under way all the time', async (t) => {
  const cluster = await FakeCluster.start({ members: 1 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const before = cluster.pods.get('shop-etcd-0')?.uid;
  const jobs = () => cluster.applied.trials.jobs.length;
  cluster.applied.silent = 'hangs';
  cluster.want({ image: 'registry.k8s.io/etcd:v3.6.17' });
  const tried = await cluster.reconcile();
  t.like(tried, { reason: 'EtcdTryingImage', settled: false, degraded: false });
  t.is(jobs(), 1);
  cluster.applied.silent = 'late';
  t.like(await cluster.reconcile(), { reason: 'EtcdTryingImage', settled: false, degraded: false });
  cluster.applied.forgetUnwantedJobs();
  t.is(jobs(), 0);
  cluster.applied.silent = 'hangs';
  await cluster.reconcile();
  t.is(jobs(), 1, 'and another one is made');
  t.is(cluster.pods.get('shop-etcd-0')?.uid, before);
  cluster.applied.silent = undefined;
  await cluster.until(({ settled }) => settled && cluster.pods.get('shop-etcd-0')?.uid !== before);
});

test('certificates that are gone while nothing may be changed are named, and members are asked as long as they can be', async (t) => {
  const cluster = await FakeCluster.start({ members: 1 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  cluster.isPaused = true;
  t.like(await cluster.reconcile(), { settled: true, reason: 'EtcdReady', degraded: false });
  const lose = (name: string) => cluster.applied.delete({ kind: 'Secret', metadata: { name } });
  lose('shop-etcd-ca');
  const looked = await cluster.reconcile();
  t.like(looked, { degraded: true, reason: 'EtcdCertificatesMissing', readyMembers: 1 });
  t.regex(looked.message, /shop-etcd-ca\. .*spec\.paused/);
  t.is((await cluster.reconcile()).message, looked.message);
  const own = cluster.applied.secret('shop-etcd-operator-tls');
  lose('shop-etcd-operator-tls');
  const error = await t.throwsAsync(cluster.reconcile(), { instanceOf: MissingCertificatesError });
  t.regex(error?.message ?? '', /shop-etcd-ca, shop-etcd-operator-tls\. .*cannot be asked/);
  if (own !== undefined) cluster.applied.put(own as KubernetesObject);
  cluster.isPaused = false;
  const uid = cluster.pods.get('shop-etcd-0')?.uid;
  t.like(await cluster.until(({ settled }) => settled), { readyMembers: 1 });
  t.not(cluster.pods.get('shop-etcd-0')?.uid, uid, 'it trusts the new authority');
});

test('what a new version of the operator changes waits for its turn, and changes nothing meanwhile', async (t) => {
  const cluster = await FakeCluster.start({ members: 1 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const uid = () => cluster.pods.get('shop-etcd-0')?.uid;
  const before = uid();
  cluster.mayUpgrade = false;
  cluster.want({ image: 'registry.k8s.io/etcd:v3.6.17' });
  for (let round = 0; round < 5; round++) t.like(await cluster.reconcile(), { settled: true, reason: 'EtcdReady' });
  t.is(uid(), before);
  t.is(cluster.applied.statefulSet?.spec?.template.spec?.containers[0]?.image, 'registry.k8s.io/etcd:v3.6.16');
  // kubectl's own wish is followed, with what members are made from now.
  cluster.rolloutRestart('2026-11-29T13:00:00Z');
  await cluster.until(({ settled }) => settled && uid() !== before);
  t.is(cluster.pods.get('shop-etcd-0')?.image, 'registry.k8s.io/etcd:v3.6.16');
  cluster.mayUpgrade = true;
  await cluster.until(({ settled }) => settled && cluster.pods.get('shop-etcd-0')?.image.endsWith('v3.6.17') === true);
});

test('kubectl rollout restart restarts members one at a time, once', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const uids = () => [...cluster.pods.values()].map(({ uid }) => uid);
  const before = uids();
  cluster.rolloutRestart('2026-11-29T13:00:00+01:00');
  let fewest = 3;
  let isDegraded = false;
  await cluster.until(({ readyMembers, degraded, settled }) => {
    fewest = Math.min(fewest, readyMembers);
    isDegraded ||= degraded;
    return settled && uids().every((uid) => !before.includes(uid));
  });
  t.is(fewest, 2);
  t.false(isDegraded);
  const after = uids();
  for (let round = 0; round < 10; round++) await cluster.reconcile();
  t.deepEqual(uids(), after);
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

test('the operator requests larger volumes, then uses them: members restart with the larger quota', async (t) => {
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
