import test from 'ava';
import { inTurn, orderOf, turnsIn } from './in-turn.ts';

for (const count of [1, 2, 3, 4, 5]) {
  test(`${count} candidates: none has the better places`, (t) => {
    const orders = Array.from({ length: 2 * count }, (_, turn) => orderOf(turn, count));
    for (let i = 0; i < count; i++) {
      for (let place = 0; place < count; place++) {
        t.is(orders.filter((order) => order[place] === i).length, 2, `${i} at place ${place}`);
      }
      for (let j = 0; j < count; j++) {
        if (i === j) continue;
        const before = orders.filter((order) => order.indexOf(i) < order.indexOf(j)).length;
        t.is(before, count, `${i} before ${j}`);
      }
    }
  });
}

test('no two slices run at a time, and each candidate gets its own results', async (t) => {
  let running = 0;
  const lengths: number[] = [];
  const candidate = (name: string) => {
    let count = 0;
    return async (milliseconds: number) => {
      lengths.push(milliseconds);
      t.is(++running, 1);
      await new Promise(setImmediate);
      running--;
      return `${name}${count++}`;
    };
  };
  t.deepEqual(await inTurn([candidate('a'), candidate('b')], 3, 70), [
    ['a0', 'a1', 'a2'],
    ['b0', 'b1', 'b2'],
  ]);
  t.deepEqual(lengths, Array(6).fill(70));
});

test('a slice that fails ends it', async (t) => {
  let after = 0;
  const failing = () => Promise.reject(new Error('no answer'));
  await t.throwsAsync(inTurn([failing, async () => after++], 2, 50), { message: 'no answer' });
  t.is(after, 0);
});

test('turns for a time: whole ones, and never none', (t) => {
  t.deepEqual(
    [2, 0.5, 0.01].map((seconds) => turnsIn(seconds, 200)),
    [10, 3, 1],
  );
});
