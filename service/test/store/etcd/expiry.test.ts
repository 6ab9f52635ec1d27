import test, { type ExecutionContext } from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { systemClock } from '../../../src/store/clock.ts';
import type { EtcdStore } from '../../../src/store/etcd/etcd-store.ts';
import type { Revision } from '../../../src/store/store.ts';
import { codeOf, metric, newPrefix, openReady, pairsOf, read } from './harness.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 3 });
});

test.after.always(() => etcd?.stop());

/** A wall clock that the test moves; etcd's own time goes on as ever, so it removes nothing. */
function newClock() {
  let passed = 0;
  const clock = { ...systemClock, wall: () => systemClock.wall() + passed };
  const pass = (seconds: number) => {
    passed += seconds * 1000;
  };
  return { clock, pass };
}

async function openTwo(t: ExecutionContext, cluster = etcd) {
  const { clock, pass } = newClock();
  const options = { endpoints: cluster.endpoints, prefix: newPrefix(), clock };
  const { store: a } = await openReady(t, options);
  const { store: b } = await openReady(t, options);
  return { options, a, b, pass };
}

async function inEtcd(prefix: string): Promise<number> {
  const answer = (await etcd.ctl('get', '--prefix', `${prefix}k/`, '--keys-only')) as { kvs?: unknown[] };
  return answer.kvs?.length ?? 0;
}

/** Whatever way it is read. */
async function shown(store: EtcdStore): Promise<string[][]> {
  await store.barrier();
  const snapshot = store.snapshot();
  try {
    return [
      ['a', 'b', 'stays'].filter((key) => store.get(key) !== undefined),
      [...store.keys({})],
      [...store.keys({ suffix: '' })],
      [...store.pairs({})].map(({ key }) => key),
      ['a', 'b', 'stays'].filter((key) => snapshot.get(key) !== undefined),
      [...snapshot.keys({})],
      [...snapshot.pairs({ prefix: '' })].map(({ key }) => key),
    ];
  } finally {
    snapshot.close();
  }
}

test('a key is gone on every replica from its deadline on, though etcd still has it', async (t) => {
  const { options, a, b, pass } = await openTwo(t);
  await a.set([{ key: 'stays', value: '1' }]);
  await a.set([{ key: 'a', value: '1' }], { ttl: 60 });
  await b.set([{ key: 'b', value: '1' }], { ttl: 120 });
  for (const store of [a, b]) for (const keys of await shown(store)) t.deepEqual(keys, ['a', 'b', 'stays']);
  // Real time passes beside it: up to 20 s until here are none too many.
  pass(40);
  for (const store of [a, b]) for (const keys of await shown(store)) t.deepEqual(keys, ['a', 'b', 'stays']);
  pass(21);
  for (const store of [a, b]) for (const keys of await shown(store)) t.deepEqual(keys, ['b', 'stays']);
  pass(60);
  for (const store of [a, b]) for (const keys of await shown(store)) t.deepEqual(keys, ['stays']);
  t.is(await inEtcd(options.prefix), 3);
  // One that starts only now knows the deadlines from etcd.
  const { store: fresh } = await openReady(t, options);
  for (const keys of await shown(fresh)) t.deepEqual(keys, ['stays']);
});

test('a replica that restarts, or syncs anew, keeps to the deadlines', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const { options, a, b, pass } = await openTwo(t, cluster);
  const dataDir = temporaryFolder(t);
  const { store: first } = await openReady(t, { ...options, dataDir });
  await a.set([{ key: 'a', value: '1' }], { ttl: 60 });
  await first.barrier();
  await first.close();
  pass(61);
  const { store: second, registry } = await openReady(t, { ...options, dataDir });
  t.is(await read(second, 'a'), undefined);
  t.is(await metric(registry, 'kvstore_resyncs_total'), 0);
  await second.close();
  // etcd removes it while the replica is away, and forgets that it did.
  const [lease = ''] = await cluster.leases();
  await cluster.command('lease', 'revoke', BigInt(lease).toString(16));
  await b.set([{ key: 'b', value: '1' }]);
  await cluster.compact(await cluster.revision());
  const { store: third, registry: synced } = await openReady(t, { ...options, dataDir });
  t.is(await metric(synced, 'kvstore_resyncs_total', { cause: 'compacted' }), 1);
  await third.barrier();
  t.deepEqual(pairsOf(third), { b: '1' });
  t.is(await metric(synced, 'kvstore_keys'), 1);
});

test('conditions and deletions take an expired key for absent', async (t) => {
  const { options, a, b, pass } = await openTwo(t);
  const pairs = (...keys: string[]) => keys.map((key) => ({ key, value: '1' }));
  const version = await a.set(pairs('a', 'b', 'c', 'd'), { ttl: 60 });
  t.is(await codeOf(b.set(pairs('a'), { condition: { absent: true } })), 'precondition-failed');
  pass(61);
  t.is(await codeOf(b.set(pairs('a'), { condition: { version } })), 'precondition-failed');
  t.is(await codeOf(b.set(pairs('a'), { condition: { version: 'any' } })), 'precondition-failed');
  t.is(await codeOf(b.delete(['a'], { version })), 'precondition-failed');
  t.is(await codeOf(b.delete(['a'], { version: 'any' })), 'precondition-failed');
  // Nothing is there to delete, so nothing changes.
  t.deepEqual(await a.delete(['a', 'b']), {
    timeline: version.timeline,
    revision: version.revision,
    deleted: 0,
    overwritten: 0,
  });
  await a.set(pairs('c'));
  t.is((await b.delete(['c', 'd'])).deleted, 1);
  const next = await b.set(pairs('a', 'new'), { condition: { absent: true } });
  t.is(await codeOf(a.set(pairs('a'), { condition: { absent: true } })), 'precondition-failed');
  t.is(await codeOf(a.set(pairs('a'), { condition: { version: next } })), 'done');
  await b.barrier();
  t.deepEqual(pairsOf(b), { a: '1', new: '1' });
  t.is(await inEtcd(options.prefix), 3);
});

test('of many that take over an expired key exactly one wins', async (t) => {
  const { a, b, pass } = await openTwo(t);
  for (let round = 0; round < 10; round++) {
    await a.set([{ key: 'lock', value: '"before"' }], { ttl: 30 });
    pass(31);
    const codes = await Promise.all(
      [a, b, a, b, a, b].map((store, i) => {
        return codeOf(store.set([{ key: 'lock', value: String(i) }], { condition: { absent: true }, ttl: 30 }));
      }),
    );
    t.is(codes.filter((code) => code === 'done').length, 1);
    t.is(codes.filter((code) => code === 'precondition-failed').length, 5);
    t.is(await read(b, 'lock'), String(codes.indexOf('done')));
    pass(31);
  }
});

test('a later set gives a key more time, or all of it', async (t) => {
  const { a, b, pass } = await openTwo(t);
  await a.set([{ key: 'a', value: '1' }], { ttl: 10 });
  await b.set([{ key: 'a', value: '2' }], { ttl: 100 });
  await a.set([{ key: 'b', value: '1' }], { ttl: 10 });
  await b.set([{ key: 'b', value: '2' }]);
  pass(50);
  for (const store of [a, b]) t.is(await read(store, 'a'), '2');
  pass(100);
  for (const store of [a, b]) t.is(await read(store, 'a'), undefined);
  for (const store of [a, b]) t.is(await read(store, 'b'), '2');
});

test('keys with a lease of somebody else stay until etcd removes them', async (t) => {
  const { options, a, b, pass } = await openTwo(t);
  const granted = await etcd.command('lease', 'grant', '3600');
  const [, id = ''] = /lease ([0-9a-f]+) granted/.exec(granted) ?? [];
  await etcd.command('put', '--lease', id, `${options.prefix}k/a`, '1');
  await waitFor('both see it', () => [a, b].every((store) => store.get('a') !== undefined));
  pass(1_000_000);
  for (const store of [a, b]) t.is(await read(store, 'a'), '1');
  await etcd.command('lease', 'revoke', id);
  await waitFor('both see it removed', () => [a, b].every((store) => store.get('a') === undefined));
});

test.serial('after its leader was killed, and has started all leases anew, nothing is shown for longer', async (t) => {
  const { options, a, b, pass } = await openTwo(t);
  await a.set([{ key: 'a', value: '1' }], { ttl: 60 });
  await b.barrier();
  const leader = await etcd.leader();
  await leader.kill();
  pass(61);
  for (const store of [a, b]) {
    t.is(store.get('a'), undefined);
    await waitFor('a fresh read works', async () => (await read(store, 'a')) === undefined);
  }
  t.is(await codeOf(b.set([{ key: 'a', value: '2' }], { condition: { absent: true } })), 'done');
  t.is(await read(a, 'a'), '2');
  leader.start();
  await etcd.ready();
  t.is(await inEtcd(options.prefix), 1);
});

test('etcd removes an expired key by itself: one revision, the same for all who watch, and no write waits for it', async (t) => {
  // In real time, as etcd's: some seconds.
  const options = { endpoints: etcd.endpoints, prefix: newPrefix(), requestTimeout: 5000 };
  const { store: a } = await openReady(t, options);
  const { store: b, registry } = await openReady(t, options);
  const { revision } = await a.set(
    ['x', 'y'].map((key) => ({ key, value: '1' })),
    { ttl: 1 },
  );
  await b.barrier();
  const seen: Revision[][] = [[], []];
  [a, b].forEach((store, i) => {
    const { close } = store.watch(revision, {
      opened: () => {},
      revision: (each) => void seen[i]?.push(each),
      end: (problem) => t.fail(String(problem)),
    });
    t.teardown(close);
  });
  await waitFor('the deadline has passed', () => b.get('x') === undefined);
  t.is(await metric(registry, 'kvstore_keys'), 2);
  await waitFor('etcd has removed them', () => seen.every((each) => each.length === 1));
  t.deepEqual(seen[0], seen[1]);
  const removed = seen[0]?.[0] ?? { revision: 0, changes: [] };
  t.deepEqual(
    removed.changes,
    ['x', 'y'].map((key) => ({ key, value: undefined, revision: removed.revision })),
  );
  // The head key is older than the removal: reads and writes go on all the same.
  for (const store of [a, b]) t.is(await read(store, 'x'), undefined);
  t.is(a.revision(), removed.revision);
  t.is(await metric(registry, 'kvstore_keys'), 0);
  const { revision: next } = await b.set([{ key: 'x', value: '2' }]);
  t.is(await read(a, 'x'), '2');
  t.true(next > removed.revision);
});

test('a replica that joins after an expiry was compacted has no revision that stood for the state before it', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const options = { endpoints: cluster.endpoints };
  const { store: a } = await openReady(t, options);
  await a.set([{ key: 'stays', value: '1' }]);
  const { revision: before } = await a.set([{ key: 'goes', value: '1' }], { ttl: 1000 });
  const [lease = ''] = await cluster.leases();
  await cluster.command('lease', 'revoke', BigInt(lease).toString(16));
  await waitFor('the key is gone', () => a.get('goes') === undefined);
  await cluster.ctl('put', 'elsewhere', '1');
  await cluster.compact(await cluster.revision());
  const { store: b, registry } = await openReady(t, options);
  await waitFor('the watch is up', () => b.revision() > before);
  await b.barrier();
  t.deepEqual(pairsOf(b), { stays: '1' });
  const { revision: next } = await b.set([{ key: 'stays', value: '2' }]);
  for (const store of [a, b]) {
    t.is(await read(store, 'stays'), '2');
    t.is(store.revision(), next);
  }
  t.is(await metric(registry, 'kvstore_resyncs_total'), 1);
});
