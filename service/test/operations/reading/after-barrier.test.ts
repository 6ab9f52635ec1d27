/** Reads that waited for one barrier: what they read at once, and that all of them are answered. */
import type { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { EventLoopScheduler } from '../../../src/flow-control/event-loop-scheduler.ts';
import { afterBarrier } from '../../../src/operations/reading/after-barrier.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Bytes of large answers after which reads that may be large wait as long work. */
const muchSent = 3 * 1024 ** 2;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

for (const isLong of [false, true]) {
  test(`hundreds that waited for one barrier do not read all in one turn: ${isLong ? 'long' : 'single'} reads`, async (t) => {
    const clock = new ManualClock();
    const scheduler = new EventLoopScheduler(clock);
    if (isLong) scheduler.sent(muchSent);
    const barrier = Promise.withResolvers<void>();
    let done = 0;
    const read = () => {
      // That of a value of a mebibyte.
      clock.pass(1);
      return ++done;
    };
    const ask = afterBarrier(
      { store: { barrier: () => barrier.promise, isWhole: () => true }, scheduler },
      () => ({}),
      read,
      () => isLong,
    );
    const answers = Array.from({ length: 300 }, () => ask({ stale: false }));
    barrier.resolve();
    let most = 0;
    for (let before = 0; before < answers.length; before = done) {
      await nextTurn();
      most = Math.max(most, done - before);
    }
    // A turn's budget is ten milliseconds, and two turns may lie between two looks.
    t.true(most <= 22, `${most} at once`);
    t.is((await Promise.all(answers)).length, 300);
  });
}

test('a small read waits for no large ones that waited for the same barrier', async (t) => {
  const clock = new ManualClock();
  const scheduler = new EventLoopScheduler(clock);
  scheduler.sent(muchSent);
  const barrier = Promise.withResolvers<void>();
  const done: string[] = [];
  const ask = afterBarrier(
    { store: { barrier: () => barrier.promise, isWhole: () => true }, scheduler },
    () => ({}),
    ({ size }: { stale: boolean; size: 'large' | 'small' }) => {
      clock.pass(size === 'large' ? 1 : 0);
      done.push(size);
    },
    ({ size }) => size === 'large',
  );
  const large = Array.from({ length: 300 }, () => ask({ stale: false, size: 'large' }));
  const small = ask({ stale: false, size: 'small' });
  barrier.resolve();
  await small;
  t.true(done.length < 50, `${done.length} before it`);
  await Promise.all(large);
  t.is(done.length, 301);
});

for (const isLong of [false, true]) {
  test(`what waited for its turn waits for a barrier again when the index is put together anew: ${isLong ? 'long' : 'single'} reads`, async (t) => {
    const clock = new ManualClock();
    const scheduler = new EventLoopScheduler(clock);
    if (isLong) scheduler.sent(muchSent);
    const barriers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    let isWhole = true;
    const done: string[] = [];
    const ask = afterBarrier(
      {
        store: { barrier: () => barriers[asked++ < 2 ? 0 : 1]?.promise, isWhole: () => isWhole },
        scheduler,
      },
      () => ({}),
      ({ name }: { stale: boolean; name: string }) => {
        done.push(name);
        clock.pass(20);
      },
      () => isLong,
    );
    const first = ask({ stale: false, name: 'first' });
    const second = ask({ stale: false, name: 'second' });
    barriers[0]?.resolve();
    await first;
    isWhole = false;
    for (let turn = 0; asked < 3 && turn < 100; turn++) await nextTurn();
    t.is(asked, 3, 'it asked again');
    t.deepEqual(done, ['first']);
    isWhole = true;
    barriers[1]?.resolve();
    await second;
    t.deepEqual(done, ['first', 'second']);
  });
}

for (const isLong of [false, true]) {
  test(`a read that waits for its turn for too long is refused: ${isLong ? 'long' : 'single'} reads`, async (t) => {
    const clock = new ManualClock();
    const scheduler = new EventLoopScheduler(clock);
    if (isLong) scheduler.sent(muchSent);
    const barrier = Promise.withResolvers<void>();
    let done = 0;
    const ask = afterBarrier(
      { store: { barrier: () => barrier.promise, isWhole: () => true }, scheduler, maxWait: 50 },
      () => ({}),
      () => {
        clock.pass(1);
        done++;
      },
      () => isLong,
    );
    const answers = Array.from({ length: 300 }, () => ask({ stale: false }));
    barrier.resolve();
    const settled = await Promise.allSettled(answers);
    const refused = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    t.true(done > 20 && done < 80, `${done} were read`);
    t.is(done + refused.length, 300);
    for (const { reason } of refused) t.is((reason as Problem).code, 'overloaded');
  });
}

test('reads of many keys rest beside writes, however small their answers are: they may look at any number of keys', async (t) => {
  const clock = new ManualClock();
  const scheduler = new EventLoopScheduler(clock);
  const barrier = Promise.withResolvers<void>();
  let done = 0;
  const ask = afterBarrier(
    { store: { barrier: () => barrier.promise, isWhole: () => true }, scheduler },
    () => ({}),
    () => {
      clock.pass(0.1);
      return ++done;
    },
  );
  const answers = Array.from({ length: 300 }, () => ask({ stale: false }));
  scheduler.writeBegan();
  barrier.resolve();
  for (let i = 0; i < 100; i++) await nextTurn();
  t.true(done > 0 && done <= 12, `${done} until the first rest`);
  while (done < 300) {
    // A rest is a timer.
    if (clock.waiting > 0) clock.pass(1);
    await nextTurn();
  }
  t.is((await Promise.all(answers)).length, 300);
  t.true(clock.now() > 55 && clock.now() < 90, `30 ms of work and as much rest: ${clock.now()} ms`);
});
