import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import type { Written } from '../../../src/store/store.ts';
import { metric, newPrefix, open, openReady, pairsOf, read } from './harness.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 1 });
});

test.after.always(() => etcd?.stop());

test('a write acknowledged by one replica is seen by a read of another that begins after it', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  for (let i = 0; i < 200; i++) {
    const [writer, reader] = i % 2 === 0 ? [a, b] : [b, a];
    await writer.set([{ key: 'k', value: String(i) }]);
    t.is(await read(reader, 'k'), String(i));
  }
});

test('revisions are those of etcd, and equal on every replica, on fresh ones from the next write on', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { revision: first } = await a.set([{ key: 'a', value: '1' }]);
  const { revision: second } = await a.set([{ key: 'b', value: '2' }]);
  t.true(second > first);
  await etcd.ctl('put', 'outside', 'x');
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await Promise.all([a.barrier(), b.barrier()]);
  t.is(a.revision(), second);
  // What was removed behind the newest change is not in what it has read, so it stands at the revision that it read at.
  t.true(b.revision() >= second);
  t.is(b.get('a')?.version, first);
  const { revision: third } = await a.set([{ key: 'c', value: '3' }]);
  await Promise.all([a.barrier(), b.barrier()]);
  t.deepEqual([a.revision(), b.revision()], [third, third]);
});

test('a set is all or none, and the last of two values of a key stays', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  await store.set([
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
    { key: 'a', value: '3' },
  ]);
  await store.barrier();
  t.deepEqual(pairsOf(store), { a: '3', b: '2' });
});

test('concurrent sets of one key share transactions and end with one of the values everywhere', async (t) => {
  const prefix = newPrefix();
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: other } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const sent = () => metric(registry, 'kvstore_etcd_request_duration_seconds', { call: 'txn', le: '+Inf' });
  // The first replica of an etcd makes its log longer.
  const before = await sent();
  const sets = Array.from({ length: 500 }, (_, i) => store.set([{ key: 'same', value: String(i) }]));
  const revisions = await Promise.all(sets);
  t.is(await read(store, 'same'), '499');
  t.is(await read(other, 'same'), '499');
  t.is(Math.max(...revisions.map(({ revision }) => revision)), store.revision());
  const transactions = (await sent()) - before;
  t.true(transactions < 100, `${transactions} transactions`);
});

test('too many pairs, and too many bytes, are refused before anything is sent', async (t) => {
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  const pairs = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: '1' }));
  const tooMany = await t.throwsAsync(store.set(pairs(128)), { instanceOf: Problem });
  t.is(tooMany?.code, 'too-many-pairs');
  t.regex(tooMany?.message ?? '', /127 pairs.*128/);
  const big = `"${'x'.repeat(1_572_864)}"`;
  const tooLarge = await t.throwsAsync(store.set([{ key: 'big', value: big }]), { instanceOf: Problem });
  t.is(tooLarge?.code, 'body-too-large');
  t.is(await metric(registry, 'kvstore_batch_requests', { le: '+Inf' }), 0);
  await store.set(pairs(127));
  await store.barrier();
  t.is([...store.keys({})].length, 127);
});

test("a request that just fits etcd's limit of bytes is taken", async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  let size = 1_572_864;
  for (;;) {
    try {
      await store.set([{ key: 'big', value: `"${'x'.repeat(size)}"` }]);
      break;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'body-too-large') throw error;
      t.regex(error.message, /at most/);
      size -= 64;
    }
  }
  t.true(size > 1_571_000);
  t.is((await read(store, 'big'))?.length, size + 2);
});

test('limits of etcd that are lower than configured: gathered requests pass, a single one gets a 413', async (t) => {
  const cluster = await EtcdCluster.start({ flags: ['--max-txn-ops=16', '--max-request-bytes=65536'] });
  t.teardown(() => cluster.stop());
  const { store } = await openReady(t, { endpoints: cluster.endpoints });
  const pairs = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `k${from + i}`, value: '1' }));
  await Promise.all(Array.from({ length: 100 }, (_, i) => store.set(pairs(i * 2, 2))));
  await store.barrier();
  t.is([...store.keys({})].length, 200);
  const tooMany = await t.throwsAsync(store.set(pairs(0, 16)), { instanceOf: Problem });
  t.is(tooMany?.code, 'too-many-pairs');
  const tooLarge = await t.throwsAsync(store.set([{ key: 'x', value: `"${'x'.repeat(70_000)}"` }]));
  t.is((tooLarge as Problem).code, 'body-too-large');
});

test('odd keys come back on another replica as they were', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const keys = [
    '__proto__',
    'constructor',
    'a/b//c',
    '/',
    '?',
    '%2F',
    'head',
    'k/',
    '😀',
    '\u{10ffff}',
    '\uffff',
    'é'.repeat(512),
  ];
  await a.set(keys.map((key, i) => ({ key, value: String(i) })));
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await Promise.all([a.barrier(), b.barrier()]);
  t.is([...a.keys({})].length, keys.length);
  t.deepEqual([...b.keys({})], [...a.keys({})]);
  for (const [i, key] of keys.entries()) t.is(b.get(key)?.value, String(i));
});

test('nothing outside the prefix is read or touched', async (t) => {
  const prefix = '/mine/';
  await etcd.ctl('put', '/mine', 'before');
  await etcd.ctl('put', '/mine0', 'behind');
  await etcd.ctl('put', '/minex/k/a', '1');
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await store.set([{ key: 'a', value: '2' }]);
  await store.barrier();
  t.deepEqual(pairsOf(store), { a: '2' });
  const all = (await etcd.ctl('get', '/mine', '--prefix')) as { kvs: { key: string; value: string }[] };
  const texts = all.kvs.map(({ key, value }) => [key, value].map((text) => Buffer.from(text, 'base64').toString()));
  const foreign = texts.filter(([key]) => !key?.startsWith('/mine/'));
  t.deepEqual(foreign, [
    ['/mine', 'before'],
    ['/mine0', 'behind'],
    ['/minex/k/a', '1'],
  ]);
  t.deepEqual(
    texts.map(([key]) => key).filter((key) => key?.startsWith('/mine/')),
    ['/mine/head', '/mine/k/a', '/mine/timeline'],
  );
  t.is(await metric(registry, 'kvstore_foreign_values_total'), 0);
});

test('values and deletions by others are taken over; what is no pair is skipped, counted and logged', async (t) => {
  const prefix = newPrefix();
  const { store, registry, logged } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await store.set([
    { key: 'kept', value: '1' },
    { key: 'spoiled', value: '1' },
    { key: 'deleted', value: '1' },
  ]);
  await etcd.ctl('put', `${prefix}k/by-hand`, '{"x":[1]}');
  await etcd.ctl('put', `${prefix}k/spoiled`, 'not JSON');
  await etcd.ctl('put', `${prefix}k/`, '1');
  await etcd.ctl('put', `${prefix}k/${'x'.repeat(1025)}`, '1');
  await etcd.ctl('del', `${prefix}k/deleted`);
  const expected = { 'by-hand': '{"x":[1]}', kept: '1' };
  await waitFor('the changes arrive', () => store.get('deleted') === undefined);
  t.deepEqual(pairsOf(store), expected);
  t.is(await metric(registry, 'kvstore_foreign_values_total'), 3);
  t.true(logged.some((line) => line.includes('not JSON') && line.includes('spoiled')));
  const { store: fresh, registry: freshRegistry } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  t.deepEqual(pairsOf(fresh), expected);
  t.is(await metric(freshRegistry, 'kvstore_foreign_values_total'), 3);
  await store.set([{ key: 'after', value: '1' }]);
  t.is(await read(fresh, 'after'), '1');
  t.is(fresh.revision(), store.revision());
});

test('everything removed by hand is gone, and the store goes on', async (t) => {
  const prefix = newPrefix();
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await store.set([{ key: 'a', value: '1' }]);
  await store.barrier();
  await etcd.ctl('del', prefix, '--prefix');
  await waitFor('the key is gone', async () => (await read(store, 'a')) === undefined);
  await store.set([{ key: 'b', value: '2' }]);
  await store.barrier();
  t.deepEqual(pairsOf(store), { b: '2' });
});

test('a first sync of far more than 4 MiB, with big and small values, shows everything', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix, requestTimeout: 30_000 });
  const big = `"${'x'.repeat(1_000_000)}"`;
  const sets: Promise<Written>[] = [];
  for (let i = 0; i < 20; i++) sets.push(a.set([{ key: `big-${i}`, value: big }]));
  for (let i = 0; i < 60; i++) {
    sets.push(a.set(Array.from({ length: 100 }, (_, j) => ({ key: `small-${i}-${j}`, value: String(j) }))));
  }
  await Promise.all(sets);
  const { store: b, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await b.barrier();
  t.is([...b.keys({})].length, 6020);
  t.is(b.get('big-19')?.value, big);
  t.is(b.get('small-59-99')?.value, '99');
  t.is(await metric(registry, 'kvstore_resyncs_total', { cause: 'first' }), 1);
});

test('a snapshot stays as it is while the index moves on', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  await store.set([{ key: 'a', value: '1' }]);
  await store.barrier();
  const snapshot = store.snapshot();
  await store.set([{ key: 'a', value: '2' }]);
  await store.barrier();
  t.is(snapshot.get('a')?.value, '1');
  t.is(store.get('a')?.value, '2');
  snapshot.close();
});

test('a restart with the index kept resumes without a sync, and has what came meanwhile', async (t) => {
  const prefix = newPrefix();
  const dataDir = temporaryFolder(t);
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const first = await openReady(t, { endpoints: etcd.endpoints, prefix, dataDir });
  await a.set([
    { key: 'kept', value: '1' },
    { key: 'gone', value: '1' },
  ]);
  await first.store.barrier();
  await first.store.close();
  await a.set([{ key: 'new', value: '2' }]);
  await etcd.ctl('del', `${prefix}k/gone`);
  const second = await openReady(t, { endpoints: etcd.endpoints, prefix, dataDir });
  await second.store.barrier();
  await waitFor('the deletion arrives', () => second.store.get('gone') === undefined);
  t.deepEqual(pairsOf(second.store), { kept: '1', new: '2' });
  t.is(await metric(second.registry, 'kvstore_resyncs_total'), 0);
});

test('a restart after a compaction syncs, and deleted keys are gone', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const prefix = newPrefix();
  const dataDir = temporaryFolder(t);
  const { store: a } = await openReady(t, { endpoints: cluster.endpoints, prefix });
  const first = await openReady(t, { endpoints: cluster.endpoints, prefix, dataDir });
  const keys = Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: '1' }));
  await a.set(keys);
  await first.store.barrier();
  await first.store.close();
  for (const i of [0, 50, 99]) await cluster.ctl('del', `${prefix}k/k${i}`);
  await a.set([{ key: 'k1', value: '2' }]);
  await cluster.compact((await a.set([{ key: 'new', value: '1' }])).revision);
  const second = await openReady(t, { endpoints: cluster.endpoints, prefix, dataDir });
  await second.store.barrier();
  t.deepEqual(pairsOf(second.store), pairsOf(a));
  t.is([...second.store.keys({})].length, 98);
  t.is(await metric(second.registry, 'kvstore_resyncs_total', { cause: 'compacted' }), 1);
});

test('an idle store whose newest write is compacted can be joined, and does not sync again and again', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: cluster.endpoints, prefix });
  const { revision } = await a.set([{ key: 'a', value: '1' }]);
  for (let i = 0; i < 5; i++) await cluster.ctl('put', 'outside', String(i));
  await cluster.compact(revision + 4);
  const { store: b, registry } = await openReady(t, { endpoints: cluster.endpoints, prefix });
  t.is(await read(b, 'a'), '1');
  t.is(b.get('a')?.version, revision);
  // What was between may have removed keys: the older revision is not known to be this state.
  await waitFor('its revision is one that is known', () => b.revision() > revision);
  const { revision: next } = await a.set([{ key: 'a', value: '2' }]);
  t.is(await read(b, 'a'), '2');
  t.is(b.revision(), next);
  t.is(await metric(registry, 'kvstore_resyncs_total'), 1);
});

test('another prefix on the same directory shows only what lies under it', async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir });
  await first.store.set([{ key: 'first', value: '1' }]);
  await first.store.barrier();
  await first.store.close();
  const second = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir });
  await second.store.barrier();
  t.deepEqual(pairsOf(second.store), {});
});

test('not ready before the first sync, and no read is answered as fresh', async (t) => {
  const unreachable = 'http://127.0.0.1:1';
  const { store } = await open(t, { endpoints: [unreachable], requestTimeout: 300 });
  t.regex(store.notReady() ?? '', /first sync|cannot be reached/);
  t.is((await t.throwsAsync(read(store, 'a'), { instanceOf: Problem }))?.code, 'unavailable');
  const problem = await t.throwsAsync(store.set([{ key: 'a', value: '1' }]), { instanceOf: Problem });
  t.is(problem?.code, 'unavailable');
  t.is(problem?.headers['Retry-After'], '1');
});

test('two processes cannot share a data directory; close frees it', async (t) => {
  const dataDir = temporaryFolder(t);
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir });
  await t.throwsAsync(open(t, { endpoints: etcd.endpoints, dataDir }), { message: /another process uses it/ });
  await store.close();
  t.truthy(store.notReady());
  await t.throwsAsync(store.set([{ key: 'a', value: '1' }]), { instanceOf: Problem });
  await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir });
});

test('options that cannot be used are named', async (t) => {
  const endpoints = etcd.endpoints;
  await t.throwsAsync(open(t, { endpoints: ['localhost:2379'] }), { message: /http:\/\/host:port/ });
  await t.throwsAsync(open(t, { endpoints: ['https://127.0.0.1:2379'] }), { message: /host name/ });
  await t.throwsAsync(open(t, { endpoints: ['https://a:1', 'http://b:1'] }), { message: /all http or all https/ });
  await t.throwsAsync(open(t, { endpoints: [] }), { message: /at least one/ });
  await t.throwsAsync(open(t, { endpoints, certFile: '/nowhere' }), { message: /go together/ });
  await t.throwsAsync(open(t, { endpoints: ['https://localhost:1'], caFile: '/nowhere' }), { message: /nowhere/ });
});

test('every write accepted before close is answered', async (t) => {
  const prefix = newPrefix();
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const sets = Array.from({ length: 300 }, (_, i) => store.set([{ key: `k${i}`, value: '1' }]));
  await store.close();
  t.is((await Promise.all(sets)).length, 300);
  const { store: next } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await next.barrier();
  t.is([...next.keys({})].length, 300);
});
