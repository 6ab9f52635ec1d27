/** Members whose view of the others is wrong, against real members. */
import test from 'ava';
import { FakeCluster } from './fake-cluster.ts';
import { countKeys, putKeys } from './values.ts';

test('a lost member is replaced although one of the others refuses every change, the leader or not', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  await putKeys(cluster, 'life/', 20);
  for (const refusing of ['shop-etcd-0', 'shop-etcd-1']) {
    cluster.refuses = (podName) => podName === refusing;
    await cluster.loseVolume(2);
    await cluster.until(({ settled }) => !settled);
    const outcome = await cluster.settled();
    t.like(outcome, { readyMembers: 3, degraded: false }, refusing);
    t.is(await countKeys(cluster, 2, 'life/'), 20, refusing);
  }
});

test('when all refuse for half a minute one is restarted at a time, until one agrees', async (t) => {
  const cluster = await FakeCluster.start({ members: 5 });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  const uid = (ordinal: number) => cluster.pods.get(cluster.names.pod(ordinal))?.uid;
  const before = new Map([0, 1, 2, 3].map((ordinal) => [cluster.names.pod(ordinal), uid(ordinal)]));
  // Removing a member that is gone is no matter of views.
  cluster.refuses = (podName) => {
    const isRemoving = cluster.actions.at(-1)?.startsWith('memberRemove') === true;
    return !isRemoving && cluster.pods.get(podName)?.uid === before.get(podName);
  };
  await cluster.loseVolume(4);
  let offsetMs = 0;
  cluster.now = () => new Date(Date.now() + offsetMs);
  await cluster.until(
    () => cluster.applied.configMap?.metadata?.annotations?.['kvstore.dev/etcd-state']?.includes('refused') ?? false,
  );
  cluster.events.length = 0;
  offsetMs = 31_000;
  const outcome = await cluster.until(({ reason }) => reason === 'EtcdChangeRefused');
  t.true(outcome.degraded);
  t.deepEqual(cluster.events, ['EtcdChangeRefused']);
  const healed = await cluster.settled();
  t.like(healed, { readyMembers: 5, degraded: false });
  const restarted = [0, 1, 2, 3].filter((ordinal) => uid(ordinal) !== before.get(cluster.names.pod(ordinal)));
  t.is(restarted.length, 1);
});
