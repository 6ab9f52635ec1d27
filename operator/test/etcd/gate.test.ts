/** What etcd itself does with an empty data directory: the facts that the gates rest on. */
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { FakeCluster } from './fake-cluster.ts';
import type { FakePod } from './fake-pods.ts';
import { countKeys, putKeys } from './values.ts';

function pod(cluster: FakeCluster, ordinal: number): FakePod {
  const found = cluster.pods.get(cluster.names.pod(ordinal));
  if (found === undefined) throw new Error(`no pod ${ordinal}`);
  return found;
}

test('behind a closed gate an empty data directory never becomes a member; added anew, it is another one', async (t) => {
  const cluster = await FakeCluster.start();
  t.teardown(() => cluster.stop());
  await cluster.settled();
  await putKeys(cluster, 'life/', 20);
  const former = (await cluster.member('shop-etcd-2').status()).memberId;
  await cluster.loseVolume(2);
  // The operator is away: the pod comes back on an empty volume with the configuration of before.
  cluster.mishap = () => {
    throw new Error('the operator is away');
  };
  await waitFor('it has been tried often enough', async () => {
    await cluster.reconcile().catch(() => undefined);
    return pod(cluster, 2).restarts >= 3;
  });
  await t.throwsAsync(cluster.member('shop-etcd-2').status());
  cluster.mishap = () => undefined;
  await cluster.settled();
  const present = (await cluster.member('shop-etcd-2').status()).memberId;
  t.not(present, former);
  t.is(await countKeys(cluster, 2, 'life/'), 20);
});
