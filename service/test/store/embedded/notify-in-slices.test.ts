import test from 'ava';
import { History } from '../../../src/store/embedded/history.ts';
import { notifyInSlices } from '../../../src/store/notify-in-slices.ts';
import type { Revision } from '../../../src/store/store.ts';

const revisionsUpTo = (count: number): Revision[] =>
  Array.from({ length: count }, (_, i) => ({
    revision: i + 1,
    changes: [{ key: 'k', value: '1', revision: i + 1 }],
  }));

test('few are told at once; many in slices, each of every revision in order', async (t) => {
  const few = new Set(['a', 'b']);
  const heard: string[] = [];
  t.is(
    notifyInSlices(few, revisionsUpTo(2), (watcher, { revision }) => heard.push(`${watcher}${revision}`)),
    undefined,
  );
  t.deepEqual(heard, ['a1', 'b1', 'a2', 'b2']);
  const many = new Map(Array.from({ length: 200 }, (_, i) => [`w${i}`, [] as number[]]));
  let turns = 0;
  const count = () => {
    turns++;
    if (turns < 1000) setImmediate(count);
  };
  setImmediate(count);
  const until = (end: number) => {
    while (performance.now() < end);
  };
  const told = notifyInSlices(new Set(many.keys()), revisionsUpTo(5), (watcher, { revision }) => {
    many.get(watcher)?.push(revision);
    until(performance.now() + 0.1);
  });
  t.not(told, undefined);
  await told;
  t.true(turns > 1, 'others had their turn');
  for (const revisions of many.values()) t.deepEqual(revisions, [1, 2, 3, 4, 5]);
});

test('a watch that begins while others are notified gets every change once, and its position is its last change', async (t) => {
  const history = new History(0, '00000001');
  const slow: number[] = [];
  const busy = Array.from({ length: 300 }, () =>
    history.watch(0, {
      opened() {},
      revision({ revision }) {
        const end = performance.now() + 0.05;
        while (performance.now() < end);
        slow.push(revision);
      },
      end: (problem) => t.fail(problem.message),
    }),
  );
  await new Promise(setImmediate);
  const told = history.add(revisionsUpTo(4));
  t.not(told, undefined, 'they are told in slices');
  t.is(busy.at(-1)?.position, 0);
  const heard: number[] = [];
  const late = history.watch(2, {
    opened() {},
    revision: ({ revision }) => void heard.push(revision),
    end: (problem) => t.fail(problem.message),
  });
  await told;
  await new Promise(setImmediate);
  t.deepEqual(heard, [3, 4]);
  t.is(late.position, 4);
  t.is(busy.at(-1)?.position, 4);
  t.is(slow.length, 1200);
});
