import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { TcpProxy } from '../../../../test-support/network/tcp-proxy.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { systemClock } from '../../../src/store/clock.ts';
import { EtcdClient } from '../../../src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../../src/store/etcd/etcd-metrics.ts';
import { layout } from '../../../src/store/etcd/layout.ts';
import { etcdDefaults } from '../../../src/store/etcd/options.ts';
import { ConditionalWriter } from '../../../src/store/etcd/write/conditional.ts';
import { Increments } from '../../../src/store/etcd/write/increments.ts';
import { KnownValues } from '../../../src/store/etcd/write/known-values.ts';
import { Leases } from '../../../src/store/etcd/write/leases.ts';
import { Mutations } from '../../../src/store/etcd/write/mutations.ts';
import { writerOfSets } from '../../../src/store/etcd/write/sets.ts';
import { WriteNonces } from '../../../src/store/etcd/write/write-nonces.ts';
import { Writer } from '../../../src/store/etcd/write/writer.ts';
import { noSpans } from '../../../src/store/spans.ts';
import { openReady, read } from './harness.ts';
import { acknowledgedAtOnce } from './without-readers.ts';

/** Writes whose transactions go through a proxy that can hold back the answers; nothing else does. */
async function setUp(t: ExecutionContext) {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const proxy = await TcpProxy.start(cluster.members[0]?.port ?? 0);
  t.teardown(() => proxy.close());
  const metrics = etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
  const connect = (port: number) => {
    const client = new EtcdClient({ endpoints: [`http://127.0.0.1:${port}`] }, systemClock, metrics);
    t.teardown(() => client.close());
    return client;
  };
  const client = connect(proxy.port);
  const { store: direct } = await openReady(t, { endpoints: cluster.endpoints });
  const shared = {
    ...{ client, layout: layout(etcdDefaults.prefix), clock: systemClock, metrics, limits: etcdDefaults },
    ...{
      nonces: new WriteNonces(),
      timeline: () => '00000001',
      spans: noSpans,
      requestTimeout: 2000,
      barrier: async () => {},
      synced: () => true,
      expired: () => undefined,
      newest: () => 0,
      acknowledgements: acknowledgedAtOnce,
    },
  };
  const expired = () => undefined;
  const known = new KnownValues({ get: () => undefined, expires: () => undefined, expired }, systemClock);
  const mutations = new Mutations({
    ...{ ...shared, writer: writerOfSets(shared), conditional: new ConditionalWriter(shared) },
    increments: new Writer(shared, new Increments({ ...shared, known })),
    leases: new Leases({ ...shared, client: connect(cluster.members[0]?.port ?? 0) }),
    known: { has: () => true, expired, revision: () => 0 },
  });
  t.teardown(() => mutations.close());
  await mutations.set([{ key: 'there', value: '1' }]);
  return { cluster, proxy, direct, mutations };
}

const pairs = [{ key: 'a', value: '"ours"' }];
const parts = { conditions: new Map(), pairs, deletes: [] };

for (const [what, write, isDone] of [
  ['a set with a condition', (m: Mutations) => m.set(pairs, { condition: { absent: true } }), '"ours"'],
  ['a set with a time to live', (m: Mutations) => m.set(pairs, { ttl: 1000 }), '"ours"'],
  ['a set with both', (m: Mutations) => m.set(pairs, { ttl: 1000, condition: { absent: true } }), '"ours"'],
  ['a transaction', (m: Mutations) => m.transact({ ...parts, conditions: new Map([['a', 'absent']]) }), '"ours"'],
  ['a transaction without conditions', (m: Mutations) => m.transact({ ...parts, deletes: ['there'] }), '"ours"'],
  ['an increment', (m: Mutations) => m.increment(new Map([['a', 3n]])), '3'],
  ['a deletion', (m: Mutations) => m.delete(['there']), undefined],
  ['a deletion with a condition', (m: Mutations) => m.delete(['there'], { version: 'any' }), undefined],
] as const) {
  const key = isDone === undefined ? 'there' : 'a';
  test(`${what} whose answer is lost has an unknown outcome, stays done, and is not sent again`, async (t) => {
    const { cluster, proxy, direct, mutations } = await setUp(t);
    proxy.stall({ requests: false, answers: true });
    const failed = t.throwsAsync<Error & { code?: string }>(write(mutations));
    t.is((await failed)?.code, 'outcome-unknown');
    await waitFor('etcd has done it', async () => (await read(direct, key)) === isDone);
    // No lease was given back, and the key with it.
    t.is((await cluster.leases()).length, /time to live|both/.test(what) ? 1 : 0);
    // Somebody else undoes it: nothing does it again.
    if (isDone === undefined) await direct.set([{ key, value: '"theirs"' }]);
    else await direct.delete([key]);
    proxy.cut();
    proxy.resume();
    await waitFor('writes work again', () => mutations.set([{ key: 'last', value: '1' }]).then(() => true));
    t.is(await read(direct, key), isDone === undefined ? '"theirs"' : undefined);
  });
}
