import test from 'ava';
import { inTurns } from '../../../src/operations/watch/in-turns.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('a turn takes two milliseconds of the work, and each item has its own', async (t) => {
  const clock = new ManualClock();
  const items = new Set([1, 2, 3, 4, 5]);
  const done: number[] = [];
  const work = (item: number) => {
    clock.pass(1);
    done.push(item);
    items.delete(item);
  };
  inTurns(items, work, clock);
  for (const expected of [2, 4, 5, 5]) {
    t.is(done.length, expected);
    await new Promise(setImmediate);
  }
  t.deepEqual(done, [1, 2, 3, 4, 5]);
});
