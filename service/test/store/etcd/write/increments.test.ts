/** Increments over etcd: what this process knows of a key may be wrong, and what it adds never is. */
import test from 'ava';
import { Registry } from 'prom-client';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { systemClock } from '../../../../src/store/clock.ts';
import { EtcdClient } from '../../../../src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../../../src/store/etcd/etcd-metrics.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { etcdDefaults } from '../../../../src/store/etcd/options.ts';
import { Increments } from '../../../../src/store/etcd/write/increments.ts';
import { KnownValues } from '../../../../src/store/etcd/write/known-values.ts';
import { WriteNonces } from '../../../../src/store/etcd/write/write-nonces.ts';
import { Writer } from '../../../../src/store/etcd/write/writer.ts';
import { noSpans } from '../../../../src/store/spans.ts';
import type { Store } from '../../../../src/store/store.ts';
import { codeOf, newPrefix, openReady, read } from '../harness.ts';
import { rawEtcd } from '../raw-etcd.ts';
import { acknowledgedAtOnce } from '../without-readers.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 3 });
});

test.after.always(() => etcd?.stop());

const add = (store: Store, key: string, amount = 1n) => store.increment(new Map([[key, amount]]));

test('replicas that increment one key at once lose and double nothing, and no two get the same sum', async (t) => {
  const prefix = newPrefix();
  const stores = await Promise.all(
    [1, 2, 3].map(async () => (await openReady(t, { endpoints: etcd.endpoints, prefix })).store),
  );
  const sums: bigint[] = [];
  const tags = new Map<string, bigint>();
  // Each client asks again when it is answered, so that gathered requests of all replicas meet.
  const count = async (store: Store) => {
    for (let i = 0; i < 20; i++) {
      const { revision, overwritten, sums: own } = await add(store, 'n');
      const sum = own.get('n') ?? -1n;
      sums.push(sum);
      if (overwritten === undefined) {
        t.false(tags.has(String(revision)), 'a version stands for one value');
        tags.set(String(revision), sum);
      }
    }
  };
  await Promise.all(stores.flatMap((store) => Array.from({ length: 5 }, () => count(store))));
  t.deepEqual(
    sums.sort((a, b) => Number(a - b)),
    Array.from({ length: 300 }, (_, i) => BigInt(i + 1)),
  );
  for (const store of stores) t.is(await read(store, 'n'), '300');
  t.true(tags.size < 300, 'some shared a revision');
  t.is(tags.get(String(stores[0]?.get('n')?.version)), 300n);
});

test('what another program has put is added to, whatever the index knows by then', async (t) => {
  const prefix = newPrefix();
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const put = (value: string) => etcd.ctl('put', `${prefix}k/n`, value);
  await add(store, 'n');
  for (let i = 0; i < 10; i++) {
    await put(String(i * 100));
    t.is((await add(store, 'n')).sums.get('n'), BigInt(i * 100 + 1));
  }
  await put('"text"');
  t.is(await codeOf(add(store, 'n')), 'not-an-integer');
  await put('7');
  t.is((await add(store, 'n')).sums.get('n'), 8n);
  await etcd.ctl('del', `${prefix}k/n`);
  t.is((await add(store, 'n')).sums.get('n'), 1n);
  // No value of this API, so the key is not there for it.
  await put('no JSON');
  t.is((await add(store, 'n')).sums.get('n'), 1n);
  t.is(await read(store, 'n'), '1');
});

test('a lease of another program stays with its key', async (t) => {
  const prefix = newPrefix();
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const raw = rawEtcd(t, etcd.endpoints);
  const [key, end] = [Buffer.from(`${prefix}k/n`), Buffer.from(`${prefix}k/o`)];
  await raw.grant('12345', 3600);
  await raw.put(key, Buffer.from('5'), '12345');
  t.is((await add(store, 'n')).sums.get('n'), 6n);
  t.is((await raw.range(key, end))[0]?.lease, '12345');
});

test('an increment that cannot be leaves those that share its transaction alone', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  await store.set([
    { key: 'n', value: '1' },
    { key: 'text', value: '"x"' },
    { key: 'most', value: String(2n ** 63n - 2n) },
  ]);
  const results = await Promise.all([
    codeOf(add(store, 'n')),
    codeOf(
      store.increment(
        new Map([
          ['n', 1n],
          ['text', 1n],
        ]),
      ),
    ),
    codeOf(add(store, 'most')),
    codeOf(add(store, 'most')),
    codeOf(add(store, 'most', -1n)),
    codeOf(add(store, 'n')),
  ]);
  t.deepEqual(results, ['done', 'not-an-integer', 'done', 'integer-overflow', 'done', 'done']);
  t.is(await read(store, 'n'), '3');
  t.is(await read(store, 'most'), String(2n ** 63n - 2n));
});

test('every increment and transaction accepted before close is answered', async (t) => {
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix() });
  const parts = { conditions: new Map([['c', 'absent' as const]]), pairs: [{ key: 'c', value: '1' }], deletes: [] };
  const running = [codeOf(add(store, 'n')), codeOf(add(store, 'n')), codeOf(store.transact(parts))];
  await store.close();
  t.deepEqual(await Promise.all(running), ['done', 'done', 'done']);
  t.is(await codeOf(add(store, 'n')), 'unavailable');
  t.is(await codeOf(store.transact(parts)), 'unavailable');
});

test('a revision that stands for another value since etcd was put back is noticed by the value', async (t) => {
  const prefix = newPrefix();
  const raw = rawEtcd(t, etcd.endpoints);
  const [key, end] = [Buffer.from(`${prefix}k/n`), Buffer.from(`${prefix}k/o`)];
  const version = await raw.put(key, Buffer.from('7'));
  const metrics = etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
  const client = new EtcdClient({ endpoints: etcd.endpoints }, systemClock, metrics);
  t.teardown(() => client.close());
  // What an index holds that was synced before.
  const index = { get: () => ({ value: '41', version }), expires: () => undefined, expired: () => undefined };
  const known = new KnownValues(index, systemClock);
  const options = {
    ...{ client, layout: layout(prefix), clock: systemClock, metrics, limits: etcdDefaults, requestTimeout: 20_000 },
    ...{ nonces: new WriteNonces(), timeline: () => 'before00', spans: noSpans, known },
    acknowledgements: acknowledgedAtOnce,
  };
  const writer = new Writer(options, new Increments(options));
  t.teardown(() => writer.close());
  const set = { values: new Map([['n', 1n]]), deletes: false, lease: undefined };
  const wrong = () => writer.write(set, systemClock.now() + 20_000);
  t.is((await wrong()).sums.get('n'), 8n);
  t.is(String((await raw.range(key, end))[0]?.value), '8');
});

test('what a refusal shows of a value is not said before it may be shown (ADR 0290, R9)', async (t) => {
  const index = { get: () => ({ value: '"text"', version: 7 }), expires: () => undefined, expired: () => undefined };
  const shown = Promise.withResolvers<void>();
  const heads: number[] = [];
  const increments = new Increments({
    ...{ layout: layout('/p/'), limits: etcdDefaults, nonces: new WriteNonces(), clock: systemClock },
    ...{ timeline: () => 'aaaaaaaa', known: new KnownValues(index, systemClock) },
    acknowledgements: {
      confirm: (request) => ({
        request,
        written: () => t.fail('it has written nothing'),
        found: (_response, head) => {
          heads.push(head);
          return shown.promise;
        },
      }),
    },
  });
  const answers: string[] = [];
  const set = { values: new Map([['n', 1n]]), deletes: false, lease: undefined };
  const request = {
    ...{ set, bytes: 1, operations: 2, deadline: Number.POSITIVE_INFINITY, span: undefined },
    resolve: () => void answers.push('resolved'),
    reject: ({ code }: { code: string }) => void answers.push(code),
  };
  const { land } = increments.flight([request]);
  const head = { key: Buffer.from('head'), value: Buffer.alloc(0), mod_revision: 7, lease: '0' };
  const header = { cluster_id: '1', revision: 9, raft_term: 1 };
  const responses = [{ response_range: { header, kvs: [head], more: false } }];
  const landed = land({ header, succeeded: true, responses });
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual([answers, heads], [[], [7]]);
  shown.resolve();
  t.deepEqual(await landed, []);
  t.deepEqual(answers, ['not-an-integer']);
});
