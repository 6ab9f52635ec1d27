/** Reads by lease on a cluster: each write is seen at once on every replica, whatever becomes of pods and of the setting. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { lost } from './support/client.ts';
import { field, kubectl } from './support/kubectl.ts';
import { createKvStore, type KvStoreHandle, makeNamespace } from './support/kvstore.ts';
import { allHoldLeases, metricOf } from './support/metrics.ts';
import { hasNode, killAndWait } from './support/on-node.ts';
import { installOperator } from './support/operator.ts';
import { startReadBack } from './support/read-back.ts';

test.before('install', installOperator);

test('with freshReads: lease every replica shows each write, through a kill, another image and a change of the setting', async (t) => {
  const store = await createKvStore(await makeNamespace(t), { freshReads: 'lease' });
  const first = startReadBack(store, 'lost-replica-');
  t.teardown(first.stop);
  await waitFor('each replica has a lease', () => allHoldLeases(store), { timeout: 120_000, interval: 500 });
  await first.sets(20);

  const [pod] = await store.servicePods();
  const name = pod?.name ?? '';
  // Without a node to kill on, the kubelet may give the process time to leave in order.
  if (hasNode) await killAndWait(store.namespace, name);
  else await kubectl('delete', 'pod', '-n', store.namespace, name, '--grace-period=0', '--force');
  await store.settled();
  await first.sets(20);
  const killed = await first.stop();
  t.log(`a replica was killed: ${killed.summary}`);
  t.deepEqual(killed.stale, []);
  t.deepEqual(await lost(store, killed.acknowledged), []);
  t.false(
    [...killed.refused.keys()].some((what) => what.startsWith('No answer')),
    "writes go on in a request's time",
  );

  const second = startReadBack(store, 'rollouts-');
  t.teardown(second.stop);
  // Two rollouts: the image with barrier, then lease.
  const image = await field('.spec.template.spec.containers[0].image', 'deployment', store.name, '-n', store.namespace);
  await store.patch({ image: `${image.slice(0, image.lastIndexOf(':'))}:next` });
  await store.settled();
  t.is(await modeOf(store), 'lease');
  await waitFor('the new replicas have leases', () => allHoldLeases(store), { timeout: 120_000, interval: 500 });
  await second.sets(5);
  // On a machine that is busy enough a replica is taken for silent; nothing fails by that.
  for (const { name: each } of await store.servicePods()) {
    t.log(`${each} ended ${await metricOf(store.namespace, each, 'kvstore_notices_total')} leases of others`);
  }
  await store.patch({ freshReads: 'barrier' });
  await store.settled();
  t.is(await modeOf(store), 'barrier');
  await second.sets(5);
  const changed = await second.stop();
  t.log(`another image, then barrier: ${changed.summary}`);
  t.deepEqual(changed.stale, []);
  t.deepEqual([...changed.refused], [], 'no request failed');
  t.deepEqual(await lost(store, changed.acknowledged), []);
});

/** KV_FRESH_READS of the pods that are made now. */
function modeOf({ namespace, name }: KvStoreHandle): Promise<string> {
  const path = '.spec.template.spec.containers[0].env[?(@.name=="KV_FRESH_READS")].value';
  return field(path, 'deployment', name, '-n', namespace);
}
