import test, { type ExecutionContext } from 'ava';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { readerValue } from '../../../../src/store/etcd/readers/reader-list.ts';
import type { Change, Store } from '../../../../src/store/store.ts';
import { codeOf, metric, newPrefix, type Opened, open, openReady, ready } from '../harness.ts';
import { type RawEtcd, rawEtcd } from '../raw-etcd.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start();
});

test.after.always(() => etcd?.stop());

const value = readerValue({ address: '127.0.0.1:1', secret: 'of no process' });

/** A store, and the key of a reader that reports nothing. */
function keyspaceOf(t: ExecutionContext) {
  const prefix = newPrefix();
  const raw = rawEtcd(t, etcd.endpoints);
  const keyspace = layout(prefix);
  const join = () => raw.put(keyspace.readers.keyOf('silent'), value);
  const isThere = async () => (await keysOf(raw, keyspace.readers)).includes('silent');
  const put = (key: string, text: string) => raw.put(keyspace.encode(key), Buffer.from(text));
  return { prefix, raw, keyspace, join, isThere, put };
}

async function keysOf(raw: RawEtcd, place: ReturnType<typeof layout>['readers']): Promise<(string | undefined)[]> {
  return (await raw.range(place.start, place.end)).map(({ key }) => place.idOf(key));
}

const readersKnown = ({ registry }: Opened) => metric(registry, 'kvstore_readers');

test('a reader that reports nothing stalls a write until a notice has ended its lease (R5, R13)', async (t) => {
  const { prefix, raw, keyspace, join, isThere } = keyspaceOf(t);
  const opened = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store, registry } = opened;
  await store.set([{ key: 'a', value: '1' }]);
  await join();
  const before = store.revision();
  const start = performance.now();
  await store.set([{ key: 'a', value: '2' }]);
  // The clock of the test is that of the store.
  t.true(performance.now() - start >= 2300, 'no sooner than a lease can last');
  t.false(await isThere());
  t.deepEqual(await keysOf(raw, keyspace.notices), []);
  t.is(store.get('a')?.value, '2');
  t.true(store.revision() > before);
  t.is(await metric(registry, 'kvstore_stalls_total', { cause: 'unreachable' }), 1);
  t.is(await metric(registry, 'kvstore_stability_wait_seconds', { waiter: 'write', le: '+Inf' }), 1);
});

test('readers and notices do not move the revision of the store, and are nothing foreign', async (t) => {
  const { prefix, raw, keyspace, join } = keyspaceOf(t);
  const { store, registry, dataDir } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { revision } = await store.set([{ key: 'a', value: '1' }]);
  await store.barrier();
  const joined = await join();
  await raw.put(keyspace.notices.keyOf('silent'), Buffer.from('n'));
  const last = await raw.remove(keyspace.readers.keyOf('silent'));
  await waitFor('the watch', async () => (await metric(registry, 'kvstore_index_revision')) >= last);
  t.true(joined > revision);
  t.is(store.revision(), revision);
  t.is(await metric(registry, 'kvstore_foreign_values_total'), 0);
  // A watch that begins at the store's revision needs nothing of etcd's history.
  const opened = Promise.withResolvers<void>();
  const changes: Change[] = [];
  const watch = store.watch(revision, {
    opened: () => opened.resolve(),
    revision: (next) => void changes.push(...next.changes),
    end: opened.reject,
  });
  await opened.promise;
  await store.set([{ key: 'b', value: '2' }]);
  await waitFor('the event', () => changes.length > 0);
  t.deepEqual(
    changes.map(({ key }) => key),
    ['b'],
  );
  watch.close();
  await store.close();
  const { store: next } = await openReady(t, { endpoints: etcd.endpoints, prefix, dataDir });
  await next.barrier();
  t.is(next.get('b')?.value, '2');
});

/** What shows that `a` is 2 while a reader has not reported it, and how each ends. */
const shown: readonly (readonly [string, (store: Store) => Promise<unknown>, string])[] = [
  ['a fresh read', async (store) => store.barrier(), 'done'],
  ['a condition that fails', (store) => store.set(a('3'), { condition: { absent: true } }), 'precondition-failed'],
  ['a transaction that only checks', (store) => store.transact(check('exists')), 'done'],
  ['a check that fails', (store) => store.transact(check('absent')), 'precondition-failed'],
  ['a sum', (store) => store.increment(new Map([['a', 1n]])), 'done'],
  ['a sum that is too large', (store) => store.increment(new Map([['max', 1n]])), 'integer-overflow'],
  ['a count of deleted keys', (store) => store.delete(['b']), 'done'],
  ['a set', (store) => store.set([{ key: 'c', value: '1' }]), 'done'],
  ['a set as large as etcd takes', (store) => store.set(many), 'done'],
];

const a = (text: string) => [{ key: 'a', value: text }];
const check = (condition: 'absent' | 'exists') => {
  return { conditions: new Map([['a', condition] as const]), pairs: [], deletes: [] };
};
const many = Array.from({ length: 127 }, (_, i) => ({ key: `m${i}`, value: '1' }));

test('nothing shows a revision that a reader has not reported: reads, refusals, counts, sums and events (R6 to R9)', async (t) => {
  const { prefix, raw, keyspace, join } = keyspaceOf(t);
  const opened = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store } = opened;
  await store.set([...a('1'), { key: 'b', value: '1' }, { key: 'max', value: '9223372036854775807' }]);
  // It is acknowledged as soon as etcd has it.
  await store.barrier();
  const events: (readonly [string, number])[] = [];
  store.watch(store.revision(), {
    opened: () => {},
    async revision({ changes }) {
      for (const { key } of changes) events.push([key, await readersKnown(opened)]);
    },
    end: () => {},
  });
  await join();
  // With the head key, as the service writes: what reads by the barrier waits for that.
  await raw.putAll([
    { key: keyspace.encode('a'), value: Buffer.from('2') },
    { key: keyspace.head, value: Buffer.from('another write') },
  ]);
  const ends = shown.map(async ([what, act]) => {
    const code = await codeOf(act(store));
    // Those that were waited for before it are gone when it ends.
    return [what, code, await readersKnown(opened)] as const;
  });
  t.is(store.get('a')?.value, '1', 'nor does a read that may be old');
  const found = await Promise.all(ends);
  t.deepEqual(
    found,
    shown.map(([what, , code]) => [what, code, 0] as const),
  );
  await waitFor('the events', () => events.some(([key]) => key === 'm126'));
  t.true(events.every(([, readers]) => readers === 0));
});

test('a full sync, and a process that goes on with an index, show nothing that a reader may not have (R10)', async (t) => {
  const { prefix, join, put } = keyspaceOf(t);
  const first = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await first.store.set(a('1'));
  await first.store.close();
  await join();
  await put('a', '2');
  const synced = await open(t, { endpoints: etcd.endpoints, prefix });
  const resumed = await open(t, { endpoints: etcd.endpoints, prefix, dataDir: first.dataDir });
  for (const opened of [synced, resumed]) {
    await ready(opened.store);
    await opened.store.barrier();
    t.is(await readersKnown(opened), 0);
    t.is(opened.store.get('a')?.value, '2');
  }
  t.is(await metric(resumed.registry, 'kvstore_resyncs_total'), 0);
});

test('a full sync that was not stable when its process ended is not taken for stable by the next one (R10)', async (t) => {
  const { prefix, join, put } = keyspaceOf(t);
  await put('a', '1');
  await join();
  await put('a', '2');
  const first = await open(t, { endpoints: etcd.endpoints, prefix });
  await ready(first.store);
  t.is(first.store.get('a')?.value, '2', 'it is in the index');
  await first.store.close();
  const next = await openReady(t, { endpoints: etcd.endpoints, prefix, dataDir: first.dataDir });
  t.is(await metric(next.registry, 'kvstore_resyncs_total'), 0);
  await next.store.barrier();
  t.is(await readersKnown(next), 0);
  t.is(next.store.get('a')?.value, '2');
});

test('a watch that begins while a full sync is not stable gets no event before a fresh read may show it (R6, R10)', async (t) => {
  const { prefix, join, put } = keyspaceOf(t);
  const after = await put('a', '1');
  await join();
  await put('a', '2');
  const opened = await open(t, { endpoints: etcd.endpoints, prefix });
  await ready(opened.store);
  t.is(await readersKnown(opened), 1);
  const events: number[] = [];
  const end = Promise.withResolvers<never>();
  const watch = opened.store.watch(after, {
    opened: () => {},
    revision: async () => void events.push(await readersKnown(opened)),
    end: end.reject,
  });
  await Promise.race([waitFor('the event', () => events.length > 0), end.promise]);
  t.deepEqual(events, [0]);
  watch.close();
});

test('a process starts beside the key of a reader of a later version that has died, and ends its lease', async (t) => {
  const { prefix, raw, keyspace } = keyspaceOf(t);
  const first = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await first.store.set(a('1'));
  await first.store.close();
  const later = Buffer.from('{"protocol":2,"address":"127.0.0.1:1","secret":"of no process"}');
  await raw.put(keyspace.readers.keyOf('later'), later);
  const second = await openReady(t, { endpoints: etcd.endpoints, prefix });
  await second.store.set(a('2'));
  t.deepEqual(await keysOf(raw, keyspace.readers), []);
  t.true(second.logged.some((line) => /another version/.test(line)));
});
