import test from 'ava';
import { backoffMs } from '../../src/control/backoff.ts';

test('the wait is between half of and the whole doubled base, and never above the maximum', (t) => {
  for (const [random, part] of [
    [0, 0.5],
    [0.5, 0.75],
  ] as const) {
    const options = { baseMs: 500, maxMs: 300_000, random: () => random };
    t.is(backoffMs(1, options), 500 * part);
    t.is(backoffMs(4, options), 4000 * part);
    t.is(backoffMs(1000, options), 300_000 * part);
  }
});
