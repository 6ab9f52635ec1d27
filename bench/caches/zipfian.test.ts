import test from 'ava';
import { seededRandom } from '../../test-support/seeded-random.ts';
import { scrambled, zipfian } from './zipfian.ts';

test('the first records get the shares that the distribution gives them', (t) => {
  const count = 1000;
  const draws = 200_000;
  const next = zipfian(count, seededRandom(1));
  const seen = new Array<number>(count).fill(0);
  for (let i = 0; i < draws; i++) {
    const n = next();
    seen[n] = (seen[n] ?? 0) + 1;
  }
  let zeta = 0;
  for (let i = 1; i <= count; i++) zeta += i ** -0.99;
  for (const rank of [0, 1]) {
    const expected = (rank + 1) ** -0.99 / zeta;
    t.true(Math.abs((seen[rank] ?? 0) / draws - expected) < 0.005, `${rank}: ${seen[rank]} of ${expected * draws}`);
  }
  t.is(
    seen.reduce((sum, n) => sum + n, 0),
    draws,
  );
  t.true(seen.filter((n) => n > 0).length > 900);
});

test('scrambled records are the same in number, each within the bounds, and neighbours in rank lie apart', (t) => {
  const count = 10_000;
  const ranks = zipfian(count, seededRandom(7));
  const places = scrambled(count, seededRandom(7));
  const placeOf = new Map<number, number>();
  for (let i = 0; i < 100_000; i++) placeOf.set(ranks(), places());
  t.is(new Set(placeOf.values()).size, placeOf.size);
  t.true([...placeOf.values()].every((place) => place >= 0 && place < count && Number.isInteger(place)));
  t.true(Math.abs((placeOf.get(0) ?? 0) - (placeOf.get(1) ?? 0)) > 1000);
});
