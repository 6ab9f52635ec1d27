/** Processes that are killed with SIGKILL, in pods that stay: without any notice. Needs KV_E2E_NODE. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, startWriter } from './support/client.ts';
import { etcdLeader } from './support/etcd-leader.ts';
import { podsOf } from './support/kubectl.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { testOnNode } from './support/node.ts';
import { killAndWait } from './support/on-node.ts';
import { installOperator, operatorRolledOut, operatorSelector } from './support/operator.ts';

test.before('install', installOperator);

testOnNode('kill -9 of a service, of the etcd leader and of the operator loses no acknowledged write', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'kill9-');
  const [service] = await store.servicePods();
  await killAndWait(store.namespace, service?.name ?? '');
  await store.settled();
  await killAndWait(store.namespace, await etcdLeader(store));
  await waitFor('a member leads', async () => (await etcdLeader(store)) !== '', { timeout: 60_000 });
  await store.settled();
  const [operator] = await podsOf('kvstore-system', operatorSelector);
  await killAndWait('kvstore-system', operator?.name ?? '');
  await operatorRolledOut();
  await store.settled();

  const { acknowledged, refused, longestGap } = await writer.stop();
  const others = [...refused].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none';
  t.log(`acknowledged ${acknowledged.size}, longest gap ${Math.round(longestGap)} ms, others: ${others}`);
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});
