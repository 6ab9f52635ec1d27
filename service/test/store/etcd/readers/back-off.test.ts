import test from 'ava';
import { BackOff } from '../../../../src/store/etcd/readers/back-off.ts';

test('after a notice no lease is taken for 10 s, then 20 s, up to 5 min; a lease that lasted begins anew', (t) => {
  let now = 0;
  const backOff = new BackOff({ now: () => now });
  const waits = (lasted: number) => {
    backOff.ended('noticed', lasted);
    const before = now;
    while (!backOff.isOver) now += 1000;
    return (now - before) / 1000;
  };
  t.deepEqual(
    Array.from({ length: 7 }, () => waits(1000)),
    [10, 20, 40, 80, 160, 300, 300],
  );
  t.is(waits(300_000), 10);
});

test('after an end that is no fault a lease may be taken again soon', (t) => {
  let now = 0;
  const backOff = new BackOff({ now: () => now });
  t.true(backOff.isOver);
  backOff.ended('sync', 10);
  t.false(backOff.isOver);
  now = 1000;
  t.true(backOff.isOver);
});
