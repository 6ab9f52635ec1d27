import test from 'ava';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import type { Version } from '../../../../src/store/store.ts';
import { codeOf, metric, newPrefix, openReady, pairsOf, read } from '../harness.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 3 });
});

test.after.always(() => etcd?.stop());

test('a deletion counts what was there, is seen by every replica, and puts the head key', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  for (let i = 0; i < 50; i++) {
    const [writer, reader] = i % 2 === 0 ? [a, b] : [b, a];
    const { revision: set } = await writer.set(['x', 'y', 'z'].map((key) => ({ key, value: String(i) })));
    t.is(await read(reader, 'x'), String(i));
    const { revision, deleted } = await reader.delete(['x', 'y', 'none', 'x']);
    t.is(deleted, 2);
    t.true(revision > set);
    await writer.barrier();
    t.deepEqual(pairsOf(writer), { z: String(i) });
    t.is(writer.revision(), revision);
  }
});

test('a deletion of nothing changes nothing', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { timeline, revision } = await a.set([{ key: 'a', value: '1' }]);
  t.deepEqual(await b.delete(['b', 'c']), { timeline, revision, deleted: 0, overwritten: 0 });
  await a.barrier();
  t.is(a.revision(), revision);
});

test('deletions and sets of the same keys that run at once count as if one followed the other', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  await store.set([{ key: 'k', value: '0' }]);
  const results: { revision: number; set?: boolean; deleted?: number }[] = [];
  await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      if (i % 2 === 0)
        results.push({ revision: (await store.set([{ key: 'k', value: String(i) }])).revision, set: true });
      else results.push(await store.delete(['k']));
    }),
  );
  const deletions = results.filter(({ deleted }) => deleted === 1);
  t.true(deletions.length > 0);
  // Between two deletions that found the key somebody set it.
  const found = deletions.map(({ revision }) => revision).sort((x, y) => x - y);
  const sets = results.filter(({ set }) => set).map(({ revision }) => revision);
  found.slice(1).forEach((revision, i) => {
    t.true(sets.some((set) => set > (found[i] ?? 0) && set < revision));
  });
});

test('too many keys are refused before anything is sent', async (t) => {
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);
  t.is(await codeOf(store.delete(keys(128))), 'too-many-pairs');
  t.is(await metric(registry, 'kvstore_batch_requests', { le: '+Inf' }), 0);
  await store.set(keys(127).map((key) => ({ key, value: '1' })));
  t.is((await store.delete(keys(127))).deleted, 127);
});

test('a set that must find none of its keys writes all or none', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const absent = { condition: { absent: true } } as const;
  const pairs = (...keys: string[]) => keys.map((key) => ({ key, value: '1' }));
  const { revision } = await a.set(pairs('a', 'b'), absent);
  t.is(await codeOf(b.set(pairs('c', 'b'), absent)), 'precondition-failed');
  await b.barrier();
  t.deepEqual(pairsOf(b), { a: '1', b: '1' });
  t.is(b.revision(), revision);
  await b.delete(['b']);
  await a.set(pairs('c', 'b'), absent);
  t.is(await read(b, 'c'), '1');
});

test('what is too large is refused before anything is sent, with a condition too; what just fits is taken', async (t) => {
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  const absent = { condition: { absent: true } } as const;
  const pairs = (count: number, size: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `${'k'.repeat(1000)}${i}`, value: `"${'x'.repeat(size)}"` }));
  const transactions = () => metric(registry, 'kvstore_etcd_request_duration_seconds', { call: 'txn', le: '+Inf' });
  const before = await transactions();
  t.is(await codeOf(store.set(pairs(128, 1), absent)), 'too-many-pairs');
  t.is(await codeOf(store.set(pairs(127, 12_000), absent)), 'body-too-large');
  t.is(
    await codeOf(
      store.delete(
        pairs(128, 1).map(({ key }) => key),
        { version: 'any' },
      ),
    ),
    'too-many-pairs',
  );
  t.is(await transactions(), before);
  let size = 10_000;
  while ((await codeOf(store.set(pairs(127, size), absent))) === 'body-too-large') size -= 10;
  t.is(await transactions(), before + 1);
  t.true(size > 9000);
  await store.barrier();
  t.is([...store.keys({})].length, 127);
});

test('a set or deletion that names a revision is done only while the key has it', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  const first = await store.set([{ key: 'a', value: '1' }]);
  const at = (version: Version | 'any') => ({ condition: { version } });
  const second = await store.set([{ key: 'a', value: '2' }], at(first));
  t.is(await codeOf(store.set([{ key: 'a', value: '3' }], at(first))), 'precondition-failed');
  t.is(await codeOf(store.delete(['a'], { version: first })), 'precondition-failed');
  t.is(await codeOf(store.set([{ key: 'none', value: '3' }], at({ ...first, revision: 0 }))), 'precondition-failed');
  t.is(await codeOf(store.set([{ key: 'none', value: '3' }], at('any'))), 'precondition-failed');
  t.is(await codeOf(store.delete(['none'], { version: 'any' })), 'precondition-failed');
  t.is(await read(store, 'a'), '2');
  t.is(store.revision(), second.revision);
  const third = await store.set([{ key: 'a', value: '3' }], at('any'));
  t.is(store.get('none'), undefined);
  const { deleted } = await store.delete(['a'], { version: third });
  t.is(deleted, 1);
  t.is(await read(store, 'a'), undefined);
});

test('of writers on two replicas that race with a condition exactly one wins, each time', async (t) => {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  let version: Version | undefined;
  for (let round = 0; round < 30; round++) {
    const condition = version === undefined ? ({ absent: true } as const) : { version };
    const racers = [a, b, a, b].map(async (store, i) => {
      const value = `"${round}/${i}"`;
      return { value, code: await codeOf(store.set([{ key: 'k', value }], { condition })) };
    });
    const done = await Promise.all(racers);
    const winners = done.filter(({ code }) => code === 'done');
    t.is(winners.length, 1);
    t.true(done.every(({ code }) => code === 'done' || code === 'precondition-failed'));
    t.is(await read(a, 'k'), winners[0]?.value);
    version = { timeline: a.timeline(), revision: a.get('k')?.version ?? 0 };
    if (round % 3 === 2) {
      await b.delete(['k']);
      version = undefined;
    }
  }
});

test('counters that many increase at once with conditions lose no increase', async (t) => {
  const prefix = newPrefix();
  const stores = await Promise.all(
    [1, 2, 3].map(async () => (await openReady(t, { endpoints: etcd.endpoints, prefix })).store),
  );
  await stores[0]?.set([{ key: 'n', value: '0' }]);
  const increase = async (store: (typeof stores)[number]) => {
    for (;;) {
      await store.barrier();
      const entry = store.get('n');
      if (entry === undefined) throw new Error('The counter is gone');
      const next = [{ key: 'n', value: String(Number(entry.value) + 1) }];
      const code = await codeOf(
        store.set(next, { condition: { version: { timeline: store.timeline(), revision: entry.version } } }),
      );
      if (code === 'done') return;
      if (code !== 'precondition-failed') throw new Error(code);
    }
  };
  await Promise.all(stores.flatMap((store) => Array.from({ length: 10 }, () => increase(store))));
  for (const store of stores) t.is(await read(store, 'n'), '30');
});

test('every deletion and conditional write accepted before close is answered', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  await store.set([{ key: 'a', value: '1' }]);
  const running = [
    codeOf(store.delete(['a'])),
    codeOf(store.set([{ key: 'b', value: '1' }], { condition: { absent: true } })),
    codeOf(store.set([{ key: 'c', value: '1' }], { ttl: 100 })),
  ];
  await store.close();
  t.deepEqual(await Promise.all(running), ['done', 'done', 'done']);
  t.is(await codeOf(store.delete(['a'])), 'unavailable');
  t.is(await codeOf(store.set([{ key: 'b', value: '1' }], { condition: { version: 'any' } })), 'unavailable');
});
