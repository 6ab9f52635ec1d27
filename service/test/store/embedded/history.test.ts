import { setImmediate } from 'node:timers/promises';
import type { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { History } from '../../../src/store/embedded/history.ts';
import type { Watcher } from '../../../src/store/store.ts';

function filled(revisions: number): History {
  const history = new History(0, '00000001');
  for (let revision = 1; revision <= revisions; revision++) {
    history.add([{ revision, changes: [{ key: `k${revision}`, value: '1', revision }] }]);
  }
  return history;
}

function listener(): Watcher & { readonly heard: number[]; readonly ends: Problem[] } {
  const heard: number[] = [];
  const ends: Problem[] = [];
  return {
    heard,
    ends,
    opened: () => {},
    revision: ({ revision }) => void heard.push(revision),
    end: (p) => void ends.push(p),
  };
}

test('many that catch up at once leave others their turn, and miss nothing that happens meanwhile', async (t) => {
  const history = filled(5000);
  const watchers = Array.from({ length: 20 }, listener);
  for (const on of watchers) history.watch(0, on);
  let turns = 0;
  for (let newest = 5000; watchers.some(({ heard }) => heard.length < newest); turns++) {
    if (turns > 1000) break;
    // A write in each of the first turns.
    if (newest < 5010) history.add([{ revision: ++newest, changes: [{ key: 'new', value: '2', revision: newest }] }]);
    await setImmediate();
  }
  t.true(turns >= 5000 / 64 && turns <= 1000, `${turns} turns`);
  for (const { heard, ends } of watchers) {
    t.deepEqual(
      heard,
      Array.from({ length: 5010 }, (_, i) => i + 1),
    );
    t.deepEqual(ends, []);
  }
});

test('what is forgotten while a watch catches up ends it', async (t) => {
  const history = new History(0, '00000001', { maxChanges: 200, maxBytes: 1_000_000 });
  const add = (revision: number) => history.add([{ revision, changes: [{ key: 'k', value: '1', revision }] }]);
  for (let revision = 1; revision <= 200; revision++) add(revision);
  const on = listener();
  history.watch(0, on);
  await setImmediate();
  t.true(on.heard.length < 200);
  for (let revision = 201; revision <= 500; revision++) add(revision);
  for (let i = 0; i < 10 && on.ends.length === 0; i++) await setImmediate();
  t.is(on.ends[0]?.code, 'history-gone');
  t.deepEqual(
    on.heard,
    Array.from(on.heard, (_, i) => i + 1),
    'without a gap until then',
  );
});

test('a watch that is closed while it catches up gets no more', async (t) => {
  const history = filled(1000);
  const on = listener();
  const watch = history.watch(0, on);
  await setImmediate();
  watch.close();
  const { length } = on.heard;
  for (let i = 0; i < 20; i++) await setImmediate();
  t.is(on.heard.length, length);
  t.true(length > 0 && length < 1000);
  t.deepEqual(on.ends, []);
});
