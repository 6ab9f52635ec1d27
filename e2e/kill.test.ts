/** Processes that are killed with SIGKILL, in pods that stay: without any notice. Needs KV_E2E_NODE. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, startWriter } from './support/client.ts';
import { etcdLeader } from './support/etcd-leader.ts';
import { field, podsOf } from './support/kubectl.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { testOnNode } from './support/node.ts';
import { killProcesses } from './support/on-node.ts';
import { installOperator, operatorRolledOut, operatorSelector } from './support/operator.ts';

test.before('install', installOperator);

testOnNode('kill -9 of a service, of the etcd leader and of the operator loses no acknowledged write', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'kill9-');
  const [service] = await store.servicePods();
  await killed(store.namespace, service?.name ?? '');
  await store.settled();
  await killed(store.namespace, await etcdLeader(store));
  await waitFor('a member leads', async () => (await etcdLeader(store)) !== '', { timeout: 60_000 });
  await store.settled();
  const [operator] = await podsOf('kvstore-system', operatorSelector);
  await killed('kvstore-system', operator?.name ?? '');
  await operatorRolledOut();
  await store.settled();

  const { acknowledged, refused, longestGap } = await writer.stop();
  const others = [...refused].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none';
  t.log(`acknowledged ${acknowledged.size}, longest gap ${Math.round(longestGap)} ms, others: ${others}`);
  t.true(acknowledged.size > 10);
  t.deepEqual(await lost(store, acknowledged), []);
});

/** Kills what runs in the pod; resolves once its container was started again and is ready. */
async function killed(namespace: string, pod: string): Promise<void> {
  const restarts = () => field('.status.containerStatuses[0].restartCount', 'pod', pod, '-n', namespace);
  const before = Number(await restarts());
  await killProcesses(pod);
  await waitFor(
    `${pod} runs again`,
    async () => {
      const ready = await field('.status.containerStatuses[0].ready', 'pod', pod, '-n', namespace);
      return Number(await restarts()) > before && ready === 'true';
    },
    { timeout: 120_000, interval: 500 },
  );
}
