import test from 'ava';
import { median, spreadOf, sum } from './statistics.ts';

test('the median of an odd and of an even number of values, in any order', (t) => {
  t.is(median([10, 9, 100]), 10);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([7]), 7);
});

test('a spread has the smallest and the largest, as numbers and not as texts', (t) => {
  t.deepEqual(spreadOf([10, 9, 100]), { median: 10, least: 9, most: 100 });
});

test('of no values there is no median, and their sum is 0', (t) => {
  t.deepEqual(spreadOf([]), { median: Number.NaN, least: Number.NaN, most: Number.NaN });
  t.is(sum([]), 0);
  t.is(sum([1, 2, 3]), 6);
});
