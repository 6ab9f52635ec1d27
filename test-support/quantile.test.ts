import test from 'ava';
import { quantile } from './quantile.ts';

test('a share of the values lies below it, in whatever order they come', (t) => {
  const values = [5, 3, 1, 2, 4];
  t.deepEqual(
    [0, 0.5, 0.79, 0.99, 1].map((q) => quantile(values, q)),
    [1, 3, 4, 5, 5],
  );
  t.deepEqual(values, [5, 3, 1, 2, 4]);
  t.is(quantile([], 0.5), undefined);
});
