import test from 'ava';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { type Clock, systemClock } from '../../../../src/store/clock.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { codeOf, metric, newPrefix, type Opened, openReady, read } from '../harness.ts';
import { rawEtcd } from '../raw-etcd.ts';
import { calls, holdsLease, openReader } from './open-readers.ts';
import { PeerNetwork } from './peer-network.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 3 });
});

test.after.always(() => etcd?.stop());

const set = ({ store }: Opened, key: string, value: string) => store.set([{ key, value }]);
const ends = ({ registry }: Opened, reason: string) => metric(registry, 'kvstore_lease_ends_total', { reason });
const held = ({ registry }: Opened) => metric(registry, 'kvstore_lease_held');

test('while nothing is written, fresh reads by lease make no call to etcd', async (t) => {
  const given = { endpoints: etcd.endpoints, prefix: newPrefix() };
  const reader = await openReader(t, new PeerNetwork(), 'a', given);
  await set(reader, 'k', '1');
  const { store } = reader;
  // On a machine that stands still for two seconds the lease ends meanwhile.
  await waitFor('reads without etcd', async () => {
    await holdsLease(reader);
    const before = await calls(reader, 'range');
    for (let i = 0; i < 1000; i++) {
      for (const keys of ['k', ['k', 'other'], { prefix: 'k' }, undefined]) {
        if (store.barrier(keys) !== undefined) return false;
      }
    }
    const isFresh = store.age() === 0 && store.get('k')?.value === '1';
    // The store looks at etcd every five seconds, reads or not.
    return isFresh && (await calls(reader, 'range')) - before <= 1;
  });
  t.pass();
});

test('a write acknowledged by one replica is seen at once by reads by lease of the others, by real connections', async (t) => {
  const [network, given] = [undefined, { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const names = ['a', 'b', 'c'];
  const replicas = await Promise.all(names.map((name) => openReader(t, network, name, given)));
  let atOnce = 0;
  for (let i = 0; i < 100; i++) {
    for (const writer of replicas) {
      // Reads outnumber writes, or leases would end.
      for (const { store } of replicas) for (let j = 0; j < 10; j++) await store.barrier('k');
      await set(writer, 'k', String(i));
      const found = replicas.map(({ store }) => (store.barrier('k') === undefined ? store.get('k')?.value : 'waits'));
      const seen = await Promise.all(replicas.map(({ store }) => read(store, 'k')));
      t.deepEqual(seen, [String(i), String(i), String(i)]);
      t.true(found.every((value) => value === String(i) || value === 'waits'));
      atOnce += found.filter((value) => value === String(i)).length;
    }
  }
  t.true(atOnce > 0, 'some were answered without a call to etcd');
});

test('replicas that are written to at once agree on what each read may show: no read goes back', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const replicas = await Promise.all(['a', 'b'].map((name) => openReader(t, network, name, given)));
  let written = 0;
  let acknowledged = 0;
  let isOver = false;
  const writing = (async () => {
    while (written < 150) {
      await set(replicas[written % 2] as Opened, 'k', String(++written));
      acknowledged = written;
    }
    isOver = true;
  })();
  const reading = replicas.map(async ({ store }) => {
    let last = 0;
    while (!isOver) {
      for (let i = 0; i < 20; i++) {
        const before = Math.max(last, acknowledged);
        const value = Number((await read(store, 'k')) ?? 0);
        if (value < before) return `${value} after ${before}`;
        last = value;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return 'in order';
  });
  t.deepEqual(await Promise.all(reading), ['in order', 'in order']);
  await writing;
});

test('a reader that is cut off from the others loses its lease by a notice, and no write is lost (R13)', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const a = await openReader(t, network, 'a', given);
  const b = await openReader(t, network, 'b', given);
  await set(a, 'k', '1');
  network.cut('a', 'b');
  await set(a, 'k', '2');
  t.is(await read(b.store, 'k'), '2');
  t.is(await read(a.store, 'k'), '2');
  await waitFor('a notice', async () => (await ends(a, 'noticed')) + (await ends(b, 'noticed')) > 0);
});

test('a process that was paused finds its lease over, by whichever clock went on (R2)', async (t) => {
  for (const which of ['now', 'wall'] as const) {
    const jumped = { now: 0, wall: 0 };
    const clock: Clock = {
      ...systemClock,
      now: () => systemClock.now() + jumped.now,
      wall: () => systemClock.wall() + jumped.wall,
    };
    const given = { endpoints: etcd.endpoints, prefix: newPrefix(), clock };
    const reader = await openReader(t, new PeerNetwork(), 'a', given);
    await waitFor('a read by lease', () => {
      if (reader.store.barrier('k') !== undefined) return false;
      jumped[which] = 2000;
      return true;
    });
    const fresh = reader.store.barrier('k');
    t.not(fresh, undefined, which);
    await fresh;
    // The lease that is over stays over; there is a new one.
    await waitFor('its end', async () => (await ends(reader, 'expired')) > 0);
    await holdsLease(reader);
  }
});

test('a replica that closes leaves first, and stalls no write (R12)', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const a = await openReader(t, network, 'a', given);
  const b = await openReader(t, network, 'b', given);
  await set(a, 'k', '1');
  await b.store.close();
  const { readers } = layout(given.prefix);
  const left = await rawEtcd(t, etcd.endpoints).range(readers.start, readers.end);
  const ids = b.logged.flatMap((line) => /"id":"([\da-f]{32})"/.exec(line)?.[1] ?? []);
  t.true(ids.length > 0);
  t.false(left.some(({ key }) => ids.includes(readers.idOf(key) ?? '')));
  await set(a, 'k', '2');
  t.is(await read(a.store, 'k'), '2');
});

test('conditions, increments, deletions and transactions are as they are with the barrier', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const { store: a } = await openReader(t, network, 'a', given);
  const { store: b } = await openReader(t, network, 'b', given);
  const version = await a.set([{ key: 'k', value: '1' }], { condition: { absent: true } });
  t.is(await codeOf(b.set([{ key: 'k', value: '2' }], { condition: { absent: true } })), 'precondition-failed');
  t.is(await codeOf(b.set([{ key: 'k', value: '3' }], { condition: { version } })), 'done');
  t.is(await codeOf(a.set([{ key: 'k', value: '4' }], { condition: { version } })), 'precondition-failed');
  const { sums } = await a.increment(new Map([['k', 4n]]));
  t.is(sums.get('k'), 7n);
  t.is(await read(b, 'k'), '7');
  const { deleted } = await b.delete(['k', 'none']);
  t.is(deleted, 1);
  t.is(await read(a, 'k'), undefined);
  await b.set([{ key: 'short', value: '1' }], { ttl: 1000 });
  t.is(await read(a, 'short'), '1');
});

test('a lease ends before a full sync, and there is a new one after it (R12)', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const a = await openReader(t, network, 'a', given);
  const b = await openReader(t, network, 'b', given);
  await set(b, 'k', '1');
  await holdsLease(a);
  a.store.damaged();
  t.not(a.store.barrier('k'), undefined);
  await set(b, 'k', '2');
  t.is(await read(a.store, 'k'), '2');
  t.is(await ends(a, 'sync'), 1);
  await holdsLease(a);
  await set(a, 'k', '3');
  t.is(await read(b.store, 'k'), '3');
});

test('an index that is kept is read by lease again after a restart', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const a = await openReader(t, network, 'a', given);
  const b = await openReader(t, network, 'b', given);
  await set(a, 'k', '1');
  await a.store.close();
  await set(b, 'k', '2');
  const next = await openReader(t, network, 'a', { ...given, dataDir: a.dataDir });
  t.is(await metric(next.registry, 'kvstore_resyncs_total'), 0);
  t.is(await read(next.store, 'k'), '2');
  await set(next, 'k', '3');
  t.is(await read(b.store, 'k'), '3');
});

test('a process that goes on with an index knows the readers that joined before its revision (R10)', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const a = await openReady(t, { ...given, peers: network.peers('a') });
  const b = await openReader(t, network, 'b', given);
  await set(a, 'k', '1');
  await a.store.close();
  const { readers } = layout(given.prefix);
  const keys = () => rawEtcd(t, etcd.endpoints).range(readers.start, readers.end);
  const before = (await keys()).map(({ key }) => String(key));
  network.cut('a', 'b');
  const next = await openReady(t, { ...given, dataDir: a.dataDir, peers: network.peers('a') });
  t.is(await metric(next.registry, 'kvstore_resyncs_total'), 0);
  // No report of b reaches it, so the write is acknowledged when the lease has ended.
  await set(next, 'k', '2');
  const after = (await keys()).map(({ key }) => String(key));
  t.false(after.some((key) => before.includes(key)));
  t.is(await read(b.store, 'k'), '2');
});

test('a replica that was away during a compaction syncs in full beside a reader, and reads by lease again', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const [network, given] = [new PeerNetwork(), { endpoints: cluster.endpoints, prefix: newPrefix() }];
  const a = await openReader(t, network, 'a', given);
  const b = await openReader(t, network, 'b', given);
  await set(a, 'k', '1');
  await a.store.close();
  await set(b, 'k', '2');
  // What others do in the same etcd is never received or reported.
  await cluster.ctl('put', 'outside', 'x');
  await cluster.compact(await cluster.revision());
  const next = await openReader(t, network, 'a', { ...given, dataDir: a.dataDir });
  t.is(await metric(next.registry, 'kvstore_resyncs_total', { cause: 'compacted' }), 1);
  t.is(await read(next.store, 'k'), '2');
  await set(next, 'k', '3');
  t.is(await read(b.store, 'k'), '3');
  const { synced, all } = layout(given.prefix);
  const keys = await rawEtcd(t, cluster.endpoints).range(all.start, all.end);
  t.true(keys.some(({ key }) => key.equals(synced)));
});

test('a lease ends when writes outnumber reads', async (t) => {
  const given = { endpoints: etcd.endpoints, prefix: newPrefix() };
  const reader = await openReader(t, new PeerNetwork(), 'a', given);
  await waitFor('its end', async () => {
    if ((await held(reader)) === 0) await holdsLease(reader);
    for (let i = 0; i < 50; i++) await set(reader, 'k', String(i));
    return (await ends(reader, 'writes')) === 1;
  });
  t.is(await held(reader), 0);
});

test('replicas with the barrier follow those with leases, and take none', async (t) => {
  const [network, given] = [new PeerNetwork(), { endpoints: etcd.endpoints, prefix: newPrefix() }];
  const a = await openReader(t, network, 'a', given);
  const b = await openReady(t, { ...given, peers: network.peers('b') });
  await holdsLease(a);
  await waitFor('the reader', async () => (await metric(b.registry, 'kvstore_readers')) > 0);
  for (let i = 0; i < 20; i++) {
    await set(b, 'k', String(i));
    for (let j = 0; j < 20; j++) t.is(await read(a.store, 'k'), String(i));
    t.is(await read(b.store, 'k'), String(i));
  }
  t.is(await held(b), 0);
});
