import test from 'ava';
import { Seen } from './seen.ts';

test('each state is new once, also after the table has grown, and has its way from the first one', (t) => {
  const seen = new Seen();
  const print = (i: number) => ({ high: Math.imul(i, 2_654_435_761) >>> 0, low: (i * 7) >>> 0 });
  const count = 100_000;
  for (let i = 0; i < count; i++) t.is(seen.add(print(i), i - 1), i);
  for (let i = 0; i < count; i += 1000) t.is(seen.add(print(i), 0), i);
  t.is(seen.count, count);
  t.true(seen.has(77, print(77)));
  t.false(seen.has(77, print(78)));
  t.deepEqual(seen.pathTo(3), [0, 1, 2, 3]);
});

test('two states of which half of the bits are the same are two', (t) => {
  const seen = new Seen();
  t.is(seen.add({ high: 1, low: 5 }, -1), 0);
  t.is(seen.add({ high: 2, low: 5 }, 0), 1);
  t.is(seen.add({ high: 1, low: 5 }, 1), 0);
});
