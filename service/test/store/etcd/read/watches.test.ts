import type { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { TcpProxy } from '../../../../../test-support/network/tcp-proxy.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import type { EtcdStore } from '../../../../src/store/etcd/etcd-store.ts';
import type { Revision } from '../../../../src/store/store.ts';
import { metric, newPrefix, openReady, read } from '../harness.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start({ size: 3 });
});

test.after.always(() => etcd?.stop());

/** Collects what a watch brings. */
function watch(t: ExecutionContext, store: EtcdStore, after: number) {
  const seen: Revision[] = [];
  const result: { seen: Revision[]; end?: Problem; close: () => void } = { seen, close: () => {} };
  const { close } = store.watch(after, {
    opened: () => {},
    revision: (revision) => void seen.push(revision),
    end: (problem) => {
      result.end = problem;
    },
  });
  result.close = close;
  t.teardown(close);
  return result;
}

/** Sets and deletes several keys at once through each store, for a while; resolves with the newest revision. */
async function load(stores: readonly EtcdStore[], rounds: number): Promise<number> {
  let newest = 0;
  const work = async (store: EtcdStore, id: number) => {
    for (let i = 0; i < rounds; i++) {
      const keys = [`a${id}`, `b${i % 7}`, `c${(i * 5 + id) % 11}`];
      const { revision } = await (i % 3 === 2
        ? store.delete(keys)
        : store.set(keys.map((key) => ({ key, value: `"${id}/${i}"` }))));
      newest = Math.max(newest, revision);
    }
  };
  await Promise.all(stores.flatMap((store, i) => [work(store, 2 * i), work(store, 2 * i + 1)]));
  return newest;
}

const lastOf = (seen: readonly Revision[]) => seen.at(-1)?.revision ?? 0;

async function openTwo(t: ExecutionContext) {
  const prefix = newPrefix();
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  return { prefix, a, b };
}

test('a live watch brings each revision once, whole, in order, and the same on every replica', async (t) => {
  const { a, b } = await openTwo(t);
  const { revision: start } = await a.set([{ key: 'start', value: '1' }]);
  await Promise.all([a.barrier(), b.barrier()]);
  const [one, two] = [watch(t, a, start), watch(t, b, start)];
  const newest = await load([a, b], 60);
  await waitFor('both have everything', () => [one, two].every(({ seen }) => lastOf(seen) === newest));
  t.deepEqual(one.seen, two.seen);
  const revisions = one.seen.map(({ revision }) => revision);
  t.deepEqual(
    revisions,
    [...new Set(revisions)].sort((x, y) => x - y),
  );
  // What was told makes the same state as the index has.
  const state = new Map<string, string>([['start', '1']]);
  for (const { changes } of one.seen) {
    for (const { key, value } of changes) {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
  }
  await a.barrier();
  t.deepEqual([...state].sort(), [...a.pairs({})].map(({ key, value }) => [key, value] as [string, string]).sort());
});

test('a watch from any revision, on any replica and under load, brings exactly the rest', async (t) => {
  const { a, b, prefix } = await openTwo(t);
  const { revision: start } = await a.set([{ key: 'start', value: '1' }]);
  await Promise.all([a.barrier(), b.barrier()]);
  const all = watch(t, a, start);
  const loading = load([a, b], 150);
  await waitFor('some is there', () => all.seen.length > 50);
  const { store: fresh } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const froms = [0, 1, 10, 25, 49].map((i) => all.seen[i]?.revision ?? 0);
  const resumed = froms.flatMap((from) => [a, b, fresh].map((store) => ({ from, watch: watch(t, store, from) })));
  const newest = await loading;
  await waitFor('all have everything', () =>
    [all, ...resumed.map((each) => each.watch)].every(({ seen }) => lastOf(seen) === newest),
  );
  for (const { from, watch } of resumed) {
    t.deepEqual(
      watch.seen,
      all.seen.filter(({ revision }) => revision > from),
    );
  }
});

test('a watcher that takes its time is not flooded with what it has missed', async (t) => {
  const { a, b } = await openTwo(t);
  const { revision: start } = await a.set([{ key: 'start', value: '1' }]);
  const newest = await load([a, b], 40);
  await b.barrier();
  const seen: number[] = [];
  let busy = 0;
  let most = 0;
  const { close } = b.watch(start, {
    opened() {},
    async revision({ revision }) {
      most = Math.max(most, ++busy);
      await new Promise(setImmediate);
      seen.push(revision);
      busy--;
    },
    end: (problem) => t.fail(String(problem)),
  });
  t.teardown(close);
  await waitFor('everything came', () => seen.at(-1) === newest);
  t.is(most, 1);
  t.deepEqual(
    seen,
    [...new Set(seen)].sort((x, y) => x - y),
  );
});

test('clients that take nothing do not keep others from what they have missed, and miss nothing themselves', async (t) => {
  const { a, b } = await openTwo(t);
  const { revision: start } = await a.set([{ key: 'start', value: '1' }]);
  const newest = await load([a, b], 40);
  await b.barrier();
  const all = watch(t, b, start);
  const goOn = Promise.withResolvers<void>();
  // More of them than may read at the same time.
  const stalled = Array.from({ length: 10 }, () => {
    const seen: Revision[] = [];
    const { close } = b.watch(start, {
      opened: () => {},
      room: () => (seen.length < 3 ? undefined : goOn.promise),
      revision: (revision) => void seen.push(revision),
      end: ({ message }) => t.fail(message),
    });
    t.teardown(close);
    return seen;
  });
  await waitFor('each has begun', () => stalled.every((seen) => seen.length === 3));
  const other = watch(t, b, start);
  await waitFor('another has everything', () => lastOf(other.seen) === newest);
  t.true(stalled.every((seen) => seen.length === 3));
  goOn.resolve();
  await waitFor('they have everything, too', () => stalled.every((seen) => lastOf(seen) === newest));
  for (const seen of [other.seen, ...stalled]) t.deepEqual(seen, all.seen);
});

test('a revision that is not there yet on this replica is waited for, one that etcd lacks is not of this store', async (t) => {
  const prefix = newPrefix();
  const proxies = await Promise.all(etcd.members.map(({ port }) => TcpProxy.start(port)));
  for (const proxy of proxies) t.teardown(() => proxy.close());
  const endpoints = proxies.map(({ port }) => `http://127.0.0.1:${port}`);
  const { store: a } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store: b } = await openReady(t, { endpoints, prefix });
  await a.set([{ key: 'a', value: '1' }]);
  await b.barrier();
  for (const proxy of proxies) proxy.stall();
  const { revision: ahead } = await a.set([{ key: 'a', value: '2' }]);
  const early = watch(t, b, ahead);
  for (const proxy of proxies) proxy.resume();
  const { revision: next } = await a.set([{ key: 'a', value: '3' }]);
  await waitFor('only what is behind it comes', () => lastOf(early.seen) === next);
  t.is(early.seen.length, 1);

  const foreign = watch(t, b, next + 1_000_000);
  await waitFor('the watch is refused', () => foreign.end !== undefined);
  t.is(foreign.end?.code, 'history-gone');
});

test('a watch that was closed brings nothing more, and one of a closed store is ended', async (t) => {
  const { a, b } = await openTwo(t);
  const { revision: start } = await a.set([{ key: 'a', value: '1' }]);
  const newest = await load([a], 5);
  await b.barrier();
  const closed = [watch(t, b, start), watch(t, b, newest)];
  for (const { close } of closed) close();
  const open = watch(t, b, start);
  await waitFor('the other has everything', () => lastOf(open.seen) === newest);
  await b.close();
  t.is(open.end?.code, 'unavailable');
  for (const { seen, end } of closed) {
    t.deepEqual(seen, []);
    t.is(end, undefined);
  }
});

test('history that etcd has compacted is gone, yet who has missed nothing goes on', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const { store } = await openReady(t, { endpoints: cluster.endpoints });
  const { revision: first } = await store.set([{ key: 'a', value: '1' }]);
  await store.set([{ key: 'a', value: '2' }]);
  const { revision: last } = await store.set([{ key: 'a', value: '3' }]);
  await store.barrier();
  await cluster.ctl('put', 'elsewhere', '1');
  await cluster.compact(await cluster.revision());
  const old = watch(t, store, first);
  const current = watch(t, store, last);
  await waitFor('the old one is ended', () => old.end !== undefined);
  t.is(old.end?.code, 'history-gone');
  t.deepEqual(old.seen, []);
  const { revision: next } = await store.set([{ key: 'a', value: '4' }]);
  await waitFor('the current one goes on', () => lastOf(current.seen) === next);
  t.is(current.end, undefined);
});

test('a full sync ends the watches; they go on from the last event where etcd still knows what came', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const proxy = await TcpProxy.start(cluster.members[0]?.port ?? 0);
  t.teardown(() => proxy.close());
  const endpoints = [`http://127.0.0.1:${proxy.port}`];
  const { store, registry } = await openReady(t, { endpoints, requestTimeout: 5000 });
  const { store: direct } = await openReady(t, { endpoints: cluster.endpoints });
  const { revision: first } = await direct.set([{ key: 'a', value: '1' }]);
  await store.barrier();
  const live = watch(t, store, first);
  proxy.stall();
  const { revision: missed } = await direct.set([{ key: 'a', value: '2' }]);
  const { revision: kept } = await direct.set([{ key: 'a', value: '3' }]);
  await cluster.compact(kept);
  proxy.cut();
  proxy.resume();
  await waitFor('the watch is ended', () => live.end !== undefined);
  t.is(live.end?.code, 'unavailable');
  t.deepEqual(live.seen, []);
  await waitFor('reads work again', async () => (await read(store, 'a')) === '3');
  t.is(await metric(registry, 'kvstore_resyncs_total', { cause: 'compacted' }), 1);

  const gone = watch(t, store, first);
  await waitFor('what came is not known any more', () => gone.end !== undefined);
  t.is(gone.end?.code, 'history-gone');
  const known = watch(t, store, missed);
  await waitFor('the rest comes', () => lastOf(known.seen) === kept);
  const { revision: next } = await direct.set([{ key: 'a', value: '4' }]);
  await waitFor('and what is new', () => lastOf(known.seen) === next);
  t.is(known.seen.length, 2);
});

test('who catches up through a member that stalls or dies gets the rest from another', async (t) => {
  const prefix = newPrefix();
  const proxies = await Promise.all(etcd.members.map(({ port }) => TcpProxy.start(port)));
  for (const proxy of proxies) t.teardown(() => proxy.close());
  const endpoints = proxies.map(({ port }) => `http://127.0.0.1:${port}`);
  const { store: direct } = await openReady(t, { endpoints: etcd.endpoints, prefix });
  const { store } = await openReady(t, { endpoints, prefix, requestTimeout: 5000 });
  const { revision: start } = await direct.set([{ key: 'start', value: '1' }]);
  const all = watch(t, direct, start);
  const newest = await load([direct], 100);
  await waitFor('the index has everything', async () => {
    await store.barrier();
    return store.revision() === newest;
  });
  const seen: Revision[] = [];
  const { close } = store.watch(start, {
    opened() {},
    async revision(revision) {
      seen.push(revision);
      // In the middle of it each connection is cut, and one stalls for good.
      if (seen.length === 20) for (const proxy of proxies) proxy.cut();
      if (seen.length === 40) proxies[0]?.stall();
      await new Promise(setImmediate);
    },
    end: (problem) => t.fail(String(problem)),
  });
  t.teardown(close);
  await waitFor('everything came', () => lastOf(seen) === newest);
  t.deepEqual(seen, all.seen);
});
