import test from 'ava';
import { rateOf } from './session.ts';

test('a slow slice counts as much as it took', (t) => {
  const slices = [
    { answers: 900, milliseconds: 100 },
    { answers: 100, milliseconds: 400 },
  ];
  t.is(rateOf(slices), 2000);
});
