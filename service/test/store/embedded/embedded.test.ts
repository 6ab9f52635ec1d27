import { rmSync } from 'node:fs';
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { nextTurn } from '../../../src/store/clock.ts';
import { EmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const group = 8;

const noMetrics = { observe: () => {}, damaged: () => {}, folderLost: () => {} };

/**
 * A group of callers writes; another one while that is being committed; then the first one again, a turn of the event
 * loop after it is answered, or, when it `waits`, after the other one is. Each commit takes so many milliseconds. Returns how
 * many requests each commit had.
 */
async function commits(t: ExecutionContext, milliseconds: number, waits: boolean): Promise<number[]> {
  const clock = new ManualClock();
  const sizes: number[] = [];
  let others: Promise<unknown> | undefined;
  const commitStarted = (requests: number) => {
    sizes.push(requests);
    others ??= Promise.all(keys('b').map(set));
    return () => clock.pass(milliseconds);
  };
  const store = new EmbeddedStore({
    directory: temporaryFolder(t),
    metrics: { ...noMetrics, commitStarted },
    clock,
  });
  t.teardown(() => {
    const closed = store.close();
    // No writer comes any more.
    clock.pass(1);
    return closed;
  });
  const set = (key: string) => store.set([{ key, value: '1' }]);
  await Promise.all(
    keys('a').map((key) =>
      set(key)
        .then(() => (waits ? others : nextTurn()))
        .then(() => set(key)),
    ),
  );
  await others;
  t.is(store.revision(), 3 * group);
  return sizes;
}

const keys = (name: string) => Array.from({ length: group }, (_, i) => `${name}${i}`);

test('where a commit takes long, those that the last one answered are in the next one', async (t) => {
  t.deepEqual(await commits(t, 20, false), [group, 2 * group]);
});

test('where a commit takes less than a timer, no writer waits for others', async (t) => {
  t.deepEqual(await commits(t, 1, true), [group, group, group]);
});

test('a small write waits for a transaction with one large one in it, however many wait', async (t) => {
  const sizes: number[] = [];
  const metrics = {
    ...noMetrics,
    commitStarted: (writes: number) => {
      sizes.push(writes);
      return () => {};
    },
  };
  const store = new EmbeddedStore({ directory: temporaryFolder(t), metrics });
  t.teardown(() => store.close());
  const value = JSON.stringify('x'.repeat(900_000));
  const large = Array.from({ length: 7 }, (_, i) => store.set([{ key: `large${i}`, value }]));
  const small = await store.set([{ key: 'small', value: '1' }]);
  const written = await Promise.all(large);
  t.deepEqual(sizes, [2, 1, 1, 1, 1, 1, 1]);
  t.is(small.revision, 1);
  t.deepEqual(
    written.map(({ revision }) => revision),
    [2, 3, 4, 5, 6, 7, 8],
  );
});

test('a write that comes before the transaction has begun is written with it', async (t) => {
  const sizes: number[] = [];
  const commitStarted = (writes: number) => {
    sizes.push(writes);
    return () => {};
  };
  const store = new EmbeddedStore({ directory: temporaryFolder(t), metrics: { ...noMetrics, commitStarted } });
  t.teardown(() => store.close());
  const first = store.set([{ key: 'first', value: '1' }]);
  await nextTurn();
  await Promise.all([first, store.set([{ key: 'second', value: '1' }])]);
  t.deepEqual(sizes, [2]);
});

test('a write is answered, and the next one written, while watchers are told; each gets every revision in order', async (t) => {
  const store = new EmbeddedStore({
    directory: temporaryFolder(t),
    metrics: { ...noMetrics, commitStarted: () => () => {} },
  });
  t.teardown(() => store.close());
  const heard: number[][] = Array.from({ length: 300 }, () => []);
  for (const revisions of heard) {
    store.watch(0, {
      opened() {},
      revision({ revision }) {
        const end = performance.now() + 0.05;
        while (performance.now() < end);
        revisions.push(revision);
      },
      end() {},
    });
  }
  await nextTurn();
  const untold = () => heard.filter(({ length }) => length === 0).length;
  await store.set([{ key: 'a', value: '1' }]);
  t.true(untold() > 0, 'answered before all of them know');
  await store.set([{ key: 'a', value: '2' }]);
  await store.set([{ key: 'a', value: '3' }]);
  t.is(untold(), 0, 'watchers are one transaction behind at the most');
  while (heard.some(({ length }) => length < 3)) await nextTurn();
  for (const revisions of heard) t.deepEqual(revisions, [1, 2, 3]);
});

test('a watch begins at a revision that the index shows before the write is answered', async (t) => {
  const heard: number[] = [];
  const ends: unknown[] = [];
  let opened = 0;
  const commitEnded = () => {
    store.watch(store.revision(), {
      opened: () => void opened++,
      revision: ({ revision }) => void heard.push(revision),
      end: (problem) => ends.push(problem),
    });
  };
  const store = new EmbeddedStore({
    directory: temporaryFolder(t),
    metrics: { ...noMetrics, commitStarted: () => commitEnded },
  });
  t.teardown(() => store.close());
  await store.set([{ key: 'a', value: '1' }]);
  await store.set([{ key: 'a', value: '2' }]);
  await nextTurn();
  t.deepEqual({ opened, heard, ends }, { opened: 2, heard: [2], ends: [] });
});

test('a disk that is gone refuses writes one after the other, and ends nothing', async (t) => {
  const directory = temporaryFolder(t);
  let broken = true;
  const commitStarted = () => {
    if (!broken) return () => {};
    rmSync(directory, { recursive: true, force: true });
    throw new Error('Input/output error');
  };
  const store = new EmbeddedStore({ directory, metrics: { ...noMetrics, commitStarted } });
  t.teardown(() => store.close());
  for (const key of ['a', 'b']) {
    await t.throwsAsync(store.set([{ key, value: '1' }]), { instanceOf: Problem, message: /nothing was written/ });
  }
  broken = false;
  // Its folder is gone: what would be written would be lost.
  await t.throwsAsync(store.set([{ key: 'c', value: '1' }]), { code: 'data-folder-lost' });
});
