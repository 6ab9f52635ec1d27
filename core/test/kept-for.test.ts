import test from 'ava';
import { keptFor } from '../src/kept-for.ts';

test('what is made is kept for all who ask, and what failed is made anew', async (t) => {
  let now = 0;
  let made = 0;
  const ask = keptFor(
    1000,
    async () => {
      if (++made === 2) throw new Error('not this time');
      return made;
    },
    () => now,
  );
  t.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  now = 999;
  t.is(await ask(), 1);
  now = 1000;
  await t.throwsAsync(Promise.all([ask(), ask()]), { message: 'not this time' });
  t.is(await ask(), 3);
  t.is(await ask(), 3);
});
