import test from 'ava';
import { keptFor } from '../src/kept-for.ts';

test('while it is being made, however long that takes, it is not made once more', async (t) => {
  let now = 0;
  const makings: PromiseWithResolvers<number>[] = [];
  const ask = keptFor(
    1000,
    () => {
      const making = Promise.withResolvers<number>();
      makings.push(making);
      return making.promise;
    },
    () => now,
  );
  const asked = [ask()];
  now = 5000;
  asked.push(ask());
  t.is(makings.length, 1);
  makings[0]?.resolve(1);
  t.deepEqual(await Promise.all(asked), [1, 1]);
  void ask();
  t.is(makings.length, 2);
});

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
