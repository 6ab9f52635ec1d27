/** The life of an etcd: real members, and an operator that dies at random points and sees caches that lag. */
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { FakeCluster } from './fake-cluster.ts';
import { countKeys, putKeys } from './values.ts';

const keys = 200;

async function assertAllThere(cluster: FakeCluster, members: number): Promise<void> {
  await waitFor('every member has every key', async () => {
    for (let ordinal = 0; ordinal < members; ordinal++) {
      const count = await countKeys(cluster, ordinal, 'life/');
      if (count !== keys) throw new Error(`member ${ordinal} holds ${count} keys`);
    }
    return true;
  });
}

/** Deterministic: the same mishaps in each run, whatever their place in it. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('bootstraps, grows, replaces a lost volume, restarts and shrinks while the operator dies again and again', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  const chance = random(7);
  let deaths = 0;
  cluster.mishap = (what, moment) => {
    if (chance() >= (what === '' ? 0.02 : 0.3)) return;
    deaths += 1;
    throw new Error(`died ${moment} ${what}`);
  };
  cluster.lag = () => chance() < 0.2;

  const first = await cluster.settled();
  t.like(first, { readyMembers: 3, members: 3, version: '3.6.16', degraded: false, reason: 'EtcdReady' });
  await putKeys(cluster, 'life/', keys);

  cluster.want({ members: 5 });
  await cluster.until(({ settled, readyMembers }) => settled && readyMembers === 5);
  await assertAllThere(cluster, 5);

  await cluster.loseVolume(0);
  await cluster.until(({ settled }) => !settled);
  await cluster.until(({ settled, readyMembers }) => settled && readyMembers === 5);
  await assertAllThere(cluster, 5);

  cluster.want({ members: 3 });
  await cluster.until(({ settled, readyMembers }) => settled && readyMembers === 3 && cluster.claims.size === 3);
  t.is(cluster.applied.statefulSet?.spec?.replicas, 3);

  const before = [...cluster.pods.values()].map(({ uid }) => uid);
  cluster.want({ image: 'registry.k8s.io/etcd:v3.6.17' });
  await cluster.until(({ settled }) => settled && [...cluster.pods.values()].every(({ uid }) => !before.includes(uid)));
  await assertAllThere(cluster, 3);

  cluster.want({ members: 1 });
  await cluster.until(({ settled, readyMembers }) => settled && readyMembers === 1 && cluster.claims.size === 1);
  await assertAllThere(cluster, 1);

  t.true(deaths > 10, `${deaths} deaths`);
  for (const [id, claims] of cluster.claimsOfMember) t.is(claims.size, 1, `member ${id} ran on more than one volume`);
});
