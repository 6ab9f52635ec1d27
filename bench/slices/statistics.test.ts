import test from 'ava';
import { intervalOfMedian, median, spreadOf, spreadText, sum } from './statistics.ts';

test('the median of an odd and of an even number of values, in any order', (t) => {
  t.is(median([10, 9, 100]), 10);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([7]), 7);
});

test('a spread has the smallest and the largest, as numbers and not as texts', (t) => {
  t.deepEqual(spreadOf([10, 9, 100]), { median: 10, least: 9, most: 100 });
  t.is(spreadText([10, 9, 100], 1), '10.0 (9.0 to 100.0)');
});

test('of no values there is no median, and their sum is 0', (t) => {
  t.deepEqual(spreadOf([]), { median: Number.NaN, least: Number.NaN, most: Number.NaN });
  t.is(sum([]), 0);
  t.is(sum([1, 2, 3]), 6);
});

test('the interval of a median, as tables of the sign test have it', (t) => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  t.deepEqual(intervalOfMedian(values(5)), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  t.deepEqual(intervalOfMedian(values(6)), [1, 6]);
  t.deepEqual(intervalOfMedian(values(9).toReversed()), [2, 8]);
  t.deepEqual(intervalOfMedian(values(20)), [6, 15]);
  t.deepEqual(intervalOfMedian(values(50)), [18, 33]);
  t.deepEqual(intervalOfMedian([]), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});
