/** Versions of one history of etcd are never taken for those of another. */
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { wasPutBack } from '../../../src/store/etcd/replicate/raft-progress.ts';
import type { Store } from '../../../src/store/store.ts';
import { newPrefix, open, openReady, read, ready } from './harness.ts';

async function startCluster(t: ExecutionContext, size: 1 | 3 = 1): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start({ size });
  t.teardown(() => cluster.stop());
  return cluster;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

/** The code that a watch from there ends with; `watching` when it begins. */
function watchFrom(t: ExecutionContext, store: Store, after: number, timeline: string): Promise<string> {
  return new Promise((resolve) => {
    const { close } = store.watch(
      after,
      { opened: () => resolve('watching'), revision: () => {}, end: ({ code }) => resolve(code) },
      timeline,
    );
    t.teardown(close);
  });
}

const one = (value: string) => [{ key: 'a', value }];

test('all replicas of a store are on one timeline, new ones and those with an index too', async (t) => {
  const cluster = await startCluster(t);
  const prefix = newPrefix();
  const options = { endpoints: cluster.endpoints, prefix };
  const opened = await Promise.all([1, 2, 3].map(() => openReady(t, options)));
  const [first] = opened;
  const timeline = first?.store.timeline() ?? '';
  t.regex(timeline, /^[0-9a-z]{8}$/);
  for (const { store } of opened) t.is(store.timeline(), timeline);
  const written = await first?.store.set(one('1'));
  t.is(written?.timeline, timeline);
  await first?.store.close();
  const again = await openReady(t, { ...options, dataDir: first?.dataDir ?? '' });
  t.is(again.store.timeline(), timeline);
  t.is((await openReady(t, { ...options, prefix: newPrefix() })).store.timeline() === timeline, false);
});

test('a set that comes before the first sync is told a version that its value has', async (t) => {
  const cluster = await startCluster(t);
  const { store } = await open(t, { endpoints: cluster.endpoints, prefix: newPrefix() });
  const [written, leased] = await Promise.all([
    store.set(one('1')),
    store.set([{ key: 'b', value: '1' }], { ttl: 3600 }),
  ]);
  await ready(store);
  t.is(written.timeline, store.timeline());
  t.is(leased.timeline, store.timeline());
  t.is(await codeOf(store.set(one('2'), { condition: { version: written } })), 'done');
});

for (const replicas of ['a replica that was there before', 'new replicas only'] as const) {
  test(`etcd is put back to a snapshot under ${replicas}: a new timeline`, async (t) => {
    const cluster = await startCluster(t, 3);
    const options = { endpoints: cluster.endpoints, prefix: newPrefix(), requestTimeout: 5000 };
    const { store, dataDir } = await openReady(t, options);
    await store.set(one('1'));
    const file = await cluster.saveSnapshot();
    const lost = await store.set(one('2'));
    await store.barrier();
    const before = store.timeline();
    t.is(store.get('a')?.version, lost.revision);
    await store.close();
    await cluster.restoreSnapshot(file);
    const kept = replicas === 'new replicas only' ? {} : { dataDir };
    const { store: after } = await openReady(t, { ...options, ...kept });
    t.is(await read(after, 'a'), '1');
    t.not(after.timeline(), before);
    // The same numbers are given again: no condition or watch of before takes them for its own.
    while (after.revision() < lost.revision) {
      await after.set(one('3'));
      await after.barrier();
    }
    t.is(await codeOf(after.set(one('4'), { condition: { version: lost } })), 'precondition-failed');
    t.is(await codeOf(after.delete(['a'], { version: lost })), 'precondition-failed');
    t.is(await watchFrom(t, after, lost.revision, before), 'other-timeline');
    t.is(await watchFrom(t, after, after.revision(), after.timeline()), 'watching');
    const { store: another } = await openReady(t, options);
    t.is(another.timeline(), after.timeline());
  });
}

for (const size of [1, 3] as const) {
  test(`etcd of ${size} is put back again and again, soon after it began, under new replicas only: each time a new timeline`, async (t) => {
    const cluster = await startCluster(t, size);
    const options = { endpoints: cluster.endpoints, prefix: newPrefix(), requestTimeout: 10_000 };
    const seen = new Set<string>();
    for (let restore = 0; restore < 4; restore++) {
      const { store } = await openReady(t, options);
      seen.add(store.timeline());
      await store.close();
      await cluster.restoreSnapshot(await cluster.saveSnapshot());
      // Entries of raft's log that make no revision: the log is soon longer than it was when the timeline began.
      for (let i = 0; i < 15; i++) await cluster.command('lease', 'grant', '600');
    }
    t.is(seen.size, 4, [...seen].join(' '));
  });
}

/** A replica that stops, so that its index stays as it is; what happens meanwhile is up to the test. */
async function openTwice(t: ExecutionContext) {
  const cluster = await startCluster(t, 3);
  const options = { endpoints: cluster.endpoints, prefix: newPrefix(), requestTimeout: 5000 };
  const first = await openReady(t, options);
  return { cluster, options, first, reopen: () => openReady(t, { ...options, dataDir: first.dataDir }) };
}

test('an index as old as the snapshot that etcd is put back to: a new timeline', async (t) => {
  const { cluster, options, first, reopen } = await openTwice(t);
  await first.store.set(one('1'));
  await first.store.barrier();
  await first.store.close();
  const file = await cluster.saveSnapshot();
  const { store: second } = await openReady(t, options);
  const lost = await second.set(one('2'));
  await second.close();
  await cluster.restoreSnapshot(file);
  const { store } = await reopen();
  const again = await store.set(one('3'));
  t.not(again.timeline, lost.timeline);
  t.is(await codeOf(store.set(one('4'), { condition: { version: lost } })), 'precondition-failed');
});

test('an index that is ahead of its last write, overtaken by what others wrote after a restore: synced anew', async (t) => {
  const { cluster, options, first, reopen } = await openTwice(t);
  const { prefix } = options;
  await first.store.set(one('1'));
  const file = await cluster.saveSnapshot();
  // Changes by others, which put no head key.
  for (let i = 0; i < 4; i++) await cluster.ctl('put', `${prefix}k/foreign-${i}`, '1');
  await waitFor('they are in the index', () => first.store.get('foreign-3') !== undefined);
  await first.store.close();
  await cluster.restoreSnapshot(file);
  const { store: second } = await openReady(t, options);
  for (let i = 0; i < 8; i++) await second.set(one(`"new ${i}"`));
  const { store } = await reopen();
  t.is(await read(store, 'a'), '"new 7"');
  t.is(await read(store, 'foreign-3'), undefined);
  t.is(store.timeline(), second.timeline());
});

test('a fresh replica does not show what was removed under the tag of before, and a watch from there learns of it', async (t) => {
  const cluster = await startCluster(t);
  const prefix = newPrefix();
  const options = { endpoints: cluster.endpoints, prefix };
  const { store } = await openReady(t, options);
  const { revision, timeline } = await store.set([...one('1'), { key: 'k', value: '1' }]);
  await cluster.ctl('del', `${prefix}k/k`);
  const { store: fresh } = await openReady(t, options);
  t.is(fresh.get('k'), undefined);
  t.true(fresh.revision() > revision, 'not the tag of the state that has the key');
  const gone: string[] = [];
  const { close } = fresh.watch(
    revision,
    {
      opened() {},
      revision: ({ changes }) =>
        void gone.push(...changes.filter(({ value }) => value === undefined).map(({ key }) => key)),
      end: ({ message }) => t.fail(message),
    },
    timeline,
  );
  t.teardown(close);
  await waitFor('the watch reports it', () => gone.includes('k'));
  await cluster.ctl('put', 'outside', 'x');
  await cluster.compact(await cluster.revision());
  const { store: late } = await openReady(t, options);
  t.is(await watchFrom(t, late, revision, timeline), 'history-gone');
});

test('replicas that go on while etcd is put back come to one new timeline', async (t) => {
  const cluster = await startCluster(t, 3);
  const options = { endpoints: cluster.endpoints, prefix: newPrefix(), requestTimeout: 5000 };
  const { store: first } = await openReady(t, options);
  const { store: second } = await openReady(t, options);
  const stores = [first, second, (await openReady(t, options)).store];
  await first.set(one('1'));
  const file = await cluster.saveSnapshot();
  const lost = await first.set(one('2'));
  await Promise.all(stores.map((store) => store.barrier()));
  await cluster.restoreSnapshot(file);
  await waitFor('all have noticed', () =>
    stores.every((store) => store.timeline() !== lost.timeline && store.notReady() === undefined),
  );
  for (const store of stores) t.is(await read(store, 'a'), '1');
  t.is(new Set(stores.map((store) => store.timeline())).size, 1);
  t.is(await codeOf(second.set(one('3'), { condition: { version: lost } })), 'precondition-failed');
});

test('a timeline key that somebody removes begins a new timeline, on every replica', async (t) => {
  const cluster = await startCluster(t);
  const prefix = newPrefix();
  const options = { endpoints: cluster.endpoints, prefix };
  const { store: a } = await openReady(t, options);
  const { store: b } = await openReady(t, options);
  const written = await a.set(one('1'));
  await cluster.ctl('del', `${prefix}timeline`);
  await waitFor('both have noticed', () => a.timeline() !== written.timeline && b.timeline() !== written.timeline);
  await waitFor('they agree', async () => {
    await Promise.all([a.barrier(), b.barrier()]);
    return a.timeline() === b.timeline();
  });
  t.is(await read(b, 'a'), '1');
  t.is(await codeOf(b.set(one('2'), { condition: { version: written } })), 'precondition-failed');
});

test('a raft log that goes on is never taken for a restore, whatever is written and wherever it is read', (t) => {
  const entries = fc.array(fc.boolean(), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.nat(100),
      entries,
      fc.nat(5),
      entries,
      fc.nat(5),
      fc.nat(3),
      (other, before, early, behind, ahead, terms) => {
        // An entry of the log makes a revision or does not.
        const revisions = (list: readonly boolean[]) => list.filter((writes) => writes).length;
        const key = {
          // Read before the key is put, from a member that may lag behind.
          raftIndex: Math.max(0, other + before.length - early),
          revision: 1 + revisions(before) + 1,
          raftTerm: 2,
        };
        const progress = {
          raftIndex: other + before.length + 1 + behind.length + ahead,
          revision: key.revision + revisions(behind),
          raftTerm: key.raftTerm + terms,
        };
        t.false(wasPutBack(key, progress));
      },
    ),
  );
  // Three members that were bootstrapped, then a snapshot at revision 500 put in their place.
  t.true(wasPutBack({ raftIndex: 8, raftTerm: 2, revision: 2 }, { raftIndex: 12, raftTerm: 2, revision: 500 }));
  // Many entries that make no revision, but fewer elections.
  t.true(wasPutBack({ raftIndex: 520, raftTerm: 9, revision: 5 }, { raftIndex: 9000, raftTerm: 2, revision: 6 }));
});
