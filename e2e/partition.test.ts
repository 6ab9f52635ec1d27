/** A member of etcd that is cut off: it runs, and packets to and from it are lost. Needs KV_E2E_NODE (support/on-node.ts). */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { decimal } from '../test-support/argument-kinds.ts';
import { fromEnvironment } from '../test-support/arguments.ts';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, startWriter } from './support/client.ts';
import { etcdLeader } from './support/etcd-leader.ts';
import { field } from './support/kubectl.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { testOnNode } from './support/node.ts';
import { dropPackets } from './support/on-node.ts';
import { installOperator } from './support/operator.ts';

const cutSeconds = fromEnvironment('KV_E2E_CUT_SECONDS', decimal({ default: 60, from: 1 }));

test.before('install', installOperator);

testOnNode('a leader of etcd whose network is cut is replaced, and comes back, with every write', async (t) => {
  const store = await createKvStore(await makeNamespace(t));
  const writer = startWriter(store, 'cut-');
  const leader = await etcdLeader(store);
  const address = await field('.status.podIP', 'pod', leader, '-n', store.namespace);
  t.teardown(() => dropPackets(address, 'end').catch(() => {}));

  await dropPackets(address, 'begin');
  await waitFor('another member leads', async () => (await etcdLeader(store, leader)) !== '', {
    timeout: 30_000,
    interval: 500,
  });
  const led = writer.acknowledged();
  await pause(cutSeconds * 1000);
  t.true(writer.acknowledged() > led + 10 * cutSeconds, 'writes go on without the member');
  await dropPackets(address, 'end');
  await store.settled();

  const { acknowledged, refused, longestGap } = await writer.stop();
  const others = [...refused].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none';
  t.log(`acknowledged ${acknowledged.size}, longest gap ${Math.round(longestGap)} ms, others: ${others}`);
  t.deepEqual(await lost(store, acknowledged), []);
});
