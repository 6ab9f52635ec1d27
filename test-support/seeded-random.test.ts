import test from 'ava';
import { seededRandom } from './seeded-random.ts';

test('a seed gives the same numbers again, from 0 up to 1', (t) => {
  const [one, other, third] = [seededRandom(5), seededRandom(5), seededRandom(6)];
  const numbers = Array.from({ length: 1000 }, one);
  t.deepEqual(Array.from({ length: 1000 }, other), numbers);
  t.notDeepEqual(Array.from({ length: 1000 }, third), numbers);
  t.true(numbers.every((n) => n >= 0 && n < 1));
});
