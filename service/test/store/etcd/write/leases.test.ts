import { join } from 'node:path';
import test from 'ava';
import { Registry } from 'prom-client';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { temporaryFolder } from '../../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { systemClock } from '../../../../src/store/clock.ts';
import { EtcdClient } from '../../../../src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../../../src/store/etcd/etcd-metrics.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { etcdDefaults } from '../../../../src/store/etcd/options.ts';
import { deadlineOf } from '../../../../src/store/etcd/write/lease-id.ts';
import { LeaseSweeper } from '../../../../src/store/etcd/write/lease-sweeper.ts';
import { writerOfSets } from '../../../../src/store/etcd/write/sets.ts';
import { WriteNonces } from '../../../../src/store/etcd/write/write-nonces.ts';
import { KeyIndex } from '../../../../src/store/index/key-index.ts';
import { noSpans } from '../../../../src/store/spans.ts';
import { codeOf, metric, newPrefix, openReady, read } from '../harness.ts';
import { acknowledgedAtOnce } from '../without-readers.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 3 });
});

test.after.always(() => etcd?.stop());

/** A deadline that no other test has: its lease can be told from others. */
let days = 0;
function newDeadline() {
  const wall = Date.UTC(2030, 0, ++days);
  return { clock: { ...systemClock, wall: () => wall }, deadline: (ttl: number) => wall + ttl * 1000 };
}

async function leasesAt(deadline: number): Promise<string[]> {
  return (await etcd.leases()).filter((id) => deadlineOf(id) === deadline);
}

test('a request with a time to live has a lease of its own, whose id says when its keys are gone', async (t) => {
  const { clock, deadline } = newDeadline();
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), clock });
  const pairs = ['a', 'b'].map((key) => ({ key, value: '1' }));
  await store.set(pairs, { ttl: 90 });
  const [id = '', ...others] = await leasesAt(deadline(90));
  t.deepEqual(others, []);
  const hex = BigInt(id).toString(16);
  const shown = await etcd.command('lease', 'timetolive', hex, '--keys');
  t.regex(shown, /k\/a/);
  t.regex(shown, /k\/b/);
  // etcd must not be earlier than the deadline, however late the transaction went out.
  const granted = Number(/granted with TTL\((\d+)s\)/.exec(shown)?.[1]);
  t.true(granted >= 90 + 5 && granted < 90 + 60, shown);
});

test('a set without a time to live takes the key off its lease', async (t) => {
  const { clock, deadline } = newDeadline();
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), clock });
  await store.set(
    ['stays', 'goes'].map((key) => ({ key, value: '1' })),
    { ttl: 100 },
  );
  await store.set([{ key: 'stays', value: '2' }]);
  const [id = ''] = await leasesAt(deadline(100));
  await etcd.command('lease', 'revoke', BigInt(id).toString(16));
  await waitFor('the key on the lease is gone', async () => (await read(store, 'goes')) === undefined);
  t.is(await read(store, 'stays'), '2');
});

test('requests with different times to live share transactions', async (t) => {
  const { clock } = newDeadline();
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), clock });
  const sent = () => metric(registry, 'kvstore_etcd_request_duration_seconds', { call: 'txn', le: '+Inf' });
  // The first replica of an etcd makes its log longer.
  const before = await sent();
  const expiries = new Map<string, number | undefined>();
  const { close } = store.watch(store.revision(), {
    opened() {},
    revision({ changes }) {
      for (const { key, expires } of changes) expiries.set(key, expires);
    },
    end: (problem) => t.fail(String(problem)),
  });
  t.teardown(close);
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => {
      return store.set([{ key: `k${i}`, value: '1' }], i % 4 === 0 ? {} : { ttl: 1000 + i });
    }),
  );
  await waitFor('the watch has all of them', () => expiries.size === 100);
  for (let i = 0; i < 100; i++) {
    t.is(expiries.get(`k${i}`), i % 4 === 0 ? undefined : clock.wall() + (1000 + i) * 1000);
  }
  const transactions = (await sent()) - before;
  t.true(transactions < 60, `${transactions} transactions`);
});

test('a lease whose transaction was refused is given back, and none is got for a request that is too large', async (t) => {
  const { clock, deadline } = newDeadline();
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), clock });
  await store.set([{ key: 'a', value: '1' }]);
  const pairs = [{ key: 'a', value: '2' }];
  t.is(await codeOf(store.set(pairs, { ttl: 50, condition: { absent: true } })), 'precondition-failed');
  t.is(
    await codeOf(store.set(pairs, { ttl: 50, condition: { version: { timeline: store.timeline(), revision: 1 } } })),
    'precondition-failed',
  );
  const calls = (call: string) =>
    metric(registry, 'kvstore_etcd_request_duration_seconds', { call, outcome: 'ok', le: '+Inf' });
  await waitFor('both are given back', async () => (await calls('leaseRevoke')) === 2);
  t.deepEqual(await leasesAt(deadline(50)), []);
  t.is(await read(store, 'a'), '1');

  const many = Array.from({ length: 128 }, (_, i) => ({ key: `k${i}`, value: '1' }));
  t.is(await codeOf(store.set(many, { ttl: 50 })), 'too-many-pairs');
  t.is(await calls('leaseGrant'), 2);
});

test('a lease that somebody revoked costs its own request, not those that share the transaction', async (t) => {
  const registry = new Registry();
  const observed = { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 };
  const metrics = etcdMetrics(registry, observed);
  const keyspace = layout(newPrefix());
  const client = new EtcdClient({ endpoints: etcd.endpoints }, systemClock, metrics);
  t.teardown(() => client.close());
  const writer = writerOfSets({
    ...{ client, layout: keyspace, clock: systemClock, metrics, limits: etcdDefaults, requestTimeout: 10_000 },
    nonces: new WriteNonces(),
    timeline: () => '00000001',
    acknowledgements: acknowledgedAtOnce,
    spans: noSpans,
  });
  t.teardown(() => writer.close());
  const write = (key: string, lease?: string) => {
    const values = new Map([[key, Buffer.from('1')]]);
    return codeOf(writer.write({ values, lease, doubtful: new Set(), deletes: false }, systemClock.now() + 10_000));
  };
  const together = [write('a'), write('b', '12345'), write('c'), write('d', '12345')];
  t.deepEqual(await Promise.all(together), ['done', 'unavailable', 'done', 'unavailable']);
  t.is(await metric(registry, 'kvstore_batch_requests', { le: '+Inf' }), 2);
  t.is(await write('e', '12345'), 'unavailable');
});

test('a full etcd grants no lease: storage-full, like any write', async (t) => {
  const cluster = await EtcdCluster.start({ flags: ['--quota-backend-bytes=16777216'] });
  t.teardown(() => cluster.stop());
  const { store } = await openReady(t, { endpoints: cluster.endpoints });
  const big = `"${'x'.repeat(1_000_000)}"`;
  await waitFor('the quota is used up', async () => {
    return (await codeOf(store.set([{ key: 'big', value: big }]))) === 'storage-full';
  });
  t.is(await codeOf(store.set([{ key: 'a', value: '1' }], { ttl: 10 })), 'storage-full');
});

test('an index that a version without deadlines has gone on with is synced anew', async (t) => {
  const dataDir = temporaryFolder(t);
  const options = { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir };
  const { store: first } = await openReady(t, options);
  const { revision } = await first.set([{ key: 'a', value: '1' }], { ttl: 1000 });
  await first.barrier();
  await first.close();
  const { store: same, registry: kept } = await openReady(t, options);
  t.is(await metric(kept, 'kvstore_resyncs_total'), 0);
  await same.close();
  const index = new KeyIndex({ directory: join(dataDir, 'etcd-replica'), durable: false });
  await index.transact((writer) => {
    writer.put('a', '1', revision);
    writer.setRevision(revision + 1);
  });
  await index.close();
  const { registry } = await openReady(t, options);
  t.is(await metric(registry, 'kvstore_resyncs_total', { cause: 'upgraded' }), 1);
});

test('leases that are over, but that etcd has started anew, are ended; no other', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  let passed = 0;
  const clock = { ...systemClock, wall: () => systemClock.wall() + passed };
  const { store, registry } = await openReady(t, { endpoints: cluster.endpoints, clock });
  await store.set([{ key: 'over', value: '1' }], { ttl: 1000 });
  await store.set([{ key: 'taken', value: '1' }], { ttl: 1000 });
  await store.set([{ key: 'later', value: '1' }], { ttl: 1400 });
  await store.set([{ key: 'stays', value: '1' }]);
  await store.barrier();
  const metrics = etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
  const client = new EtcdClient({ endpoints: cluster.endpoints }, clock, metrics);
  t.teardown(() => client.close());
  const sweeper = (due: readonly string[]) => {
    const log = { info() {}, warn() {}, error() {} };
    return new LeaseSweeper({
      ...{ client, clock, log, layout: layout('/kvstore/'), limits: etcdDefaults, requestTimeout: 5000 },
      due: () => due,
    });
  };
  const all = sweeper(['over', 'taken', 'later', 'stays', 'none']);
  t.is(await all.sweep(), 0);
  passed = 1_290_000;
  t.is(await all.sweep(), 0, 'etcd is given its time');
  passed = 1_310_000;
  // Somebody has set it while the sweeper's replica did not know yet.
  await store.set([{ key: 'taken', value: '2' }]);
  t.is(await sweeper([]).sweep(), 0);
  t.is(await all.sweep(), 1);
  await waitFor('the key is gone from etcd', async () => (await metric(registry, 'kvstore_keys')) === 3);
  t.is(await all.sweep(), 0);
  t.is(await read(store, 'taken'), '2');
  t.is(await read(store, 'later'), '1');
});
