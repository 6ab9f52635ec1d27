import test from 'ava';
import { EventLoopScheduler } from '../../src/flow-control/event-loop-scheduler.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A scheduler over a clock that only moves when a piece works. */
function setUp() {
  const clock = new ManualClock();
  const work = (milliseconds: number) => clock.pass(milliseconds);
  return { turns: new EventLoopScheduler(clock), work };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('a piece may begin at once until the turn has no time left, and again in the next turn', async (t) => {
  const { turns, work } = setUp();
  t.true(turns.free());
  work(9);
  t.true(turns.free());
  work(2);
  t.false(turns.free());
  await nextTurn();
  t.true(turns.free());
});

test('work that has begun goes on before any long piece that waits begins, however many wait', async (t) => {
  const { turns, work } = setUp();
  const ran: string[] = [];
  const ended = (async () => {
    for (let i = 0; i < 3; i++) {
      await turns.goOn();
      ran.push(`begun ${i}`);
      work(6);
    }
  })();
  for (let i = 0; i < 5; i++) {
    turns.wait(() => {
      ran.push(`waiting ${i}`);
      work(6);
    }, true);
  }
  t.is(turns.waiting, 5);
  t.false(turns.free());
  await ended;
  // What goes on asks again behind the piece that ran after it in the same turn.
  t.true(ran.indexOf('begun 2') <= 4, ran.join());
  while (turns.waiting > 0) await nextTurn();
  t.is(ran.length, 8);
});

test('pieces run in their order, as many in a turn as there is time for', async (t) => {
  const { turns, work } = setUp();
  const ran: number[] = [];
  for (let i = 0; i < 5; i++) {
    turns.wait(() => {
      ran.push(i);
      work(6);
    });
  }
  t.false(turns.free());
  for (const expected of [
    [0, 1],
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
  ]) {
    await nextTurn();
    t.deepEqual(ran, expected);
  }
  t.is(turns.waiting, 0);
});

test('a thousand small pieces need few turns, and what each leaves to a promise is done before the next', async (t) => {
  const { turns } = setUp();
  const ran: number[] = [];
  for (let i = 0; i < 1000; i++) {
    turns.wait(async () => {
      await undefined;
      ran.push(i);
    });
  }
  let count = 0;
  while (turns.waiting > 0) {
    await nextTurn();
    t.is(ran.length, 1000 - turns.waiting);
    if (++count > 100) break;
  }
  t.true(count <= 20, `${count} turns`);
  t.deepEqual(
    ran,
    [...ran].sort((a, b) => a - b),
  );
});

test('the expected wait follows what the pieces before took', async (t) => {
  const { turns, work } = setUp();
  t.is(turns.expectedWait(), 0);
  for (let i = 0; i < 400; i++) turns.wait(() => work(20));
  for (let i = 0; i < 200; i++) await nextTurn();
  const waiting = turns.waiting;
  const expectedWait = turns.expectedWait();
  t.true(Math.abs(expectedWait - 20 * waiting) < waiting, `${expectedWait} ms for ${waiting} pieces`);
});

test('a piece is told how long it waited', async (t) => {
  const { turns, work } = setUp();
  turns.wait(() => work(30));
  const waited = new Promise<number>((resolve) => turns.wait(resolve));
  t.is(await waited, 30);
});

test('while connections come in turn after turn, work takes no more than half of the time', async (t) => {
  const { turns, work } = setUp();
  let ran = 0;
  const piece = () => {
    ran++;
    work(20);
  };
  for (let i = 0; i < 10; i++) turns.wait(piece);
  await nextTurn();
  t.is(ran, 1);
  let restful = 0;
  for (; ran === 1; restful++) {
    if (restful > 100) return t.fail('work never goes on');
    turns.connectionAccepted();
    work(6);
    await nextTurn();
  }
  t.true(restful * 6 >= 20, `${restful} turns of 6 ms`);
  await nextTurn();
  return t.is(ran, 3, 'no connection came: work goes on');
});

test('what large answers take shows for a tenth of a second', async (t) => {
  const { turns, work } = setUp();
  t.false(turns.hasSentMuch);
  turns.sent(1 << 20);
  t.false(turns.hasSentMuch);
  work(50);
  turns.sent((1 << 20) + 1);
  t.true(turns.hasSentMuch);
  work(49);
  await nextTurn();
  t.true(turns.hasSentMuch);
  work(1);
  t.false(turns.hasSentMuch);
  turns.sent(1);
  t.false(turns.hasSentMuch);
});

test('while connections come in turn after turn, long work gets a tenth of the time, and short work goes on', async (t) => {
  const { turns, work } = setUp();
  const ran = { short: 0, long: 0 };
  const long = () => {
    ran.long++;
    work(4);
  };
  const short = () => {
    ran.short++;
    work(1);
    if (!isOver) turns.wait(short);
  };
  let isOver = false;
  for (let i = 0; i < 200; i++) turns.wait(long, true);
  turns.wait(short);
  for (let i = 0; i < 400; i++) {
    turns.connectionAccepted();
    t.false(turns.free(true));
    work(1);
    await nextTurn();
  }
  t.true(ran.long >= 5 && ran.long <= 20, `${ran.long} long ones in 400 turns`);
  t.true(ran.short >= 100, `${ran.short} short ones`);
  const { long: before, short: shortBefore } = ran;
  for (let i = 0; i < 20; i++) await nextTurn();
  t.true(ran.long - before >= 10, 'no connection comes: long work goes on');
  t.true(ran.short - shortBefore >= 10, 'and so does short work');
  isOver = true;
  while (turns.waiting > 0) await nextTurn();
});

test('a turn that has worked begins no long piece', async (t) => {
  const { turns, work } = setUp();
  const ran: number[] = [];
  for (let i = 0; i < 6; i++) {
    turns.wait(() => {
      ran.push(i);
      work(2);
    }, true);
  }
  for (const count of [2, 4, 6]) {
    await nextTurn();
    t.is(ran.length, count);
  }
});

test('while a write is on its way, a turn takes long pieces for a millisecond, and waits for no write', async (t) => {
  const { turns, work } = setUp();
  let ran = 0;
  for (let i = 0; i < 10; i++) {
    turns.wait(() => {
      ran++;
      work(0.4);
    }, true);
  }
  turns.writeBegan();
  turns.writeBegan();
  t.true(turns.isWriting);
  await nextTurn();
  t.is(ran, 3);
  t.false(turns.free(true));
  turns.writeEnded();
  t.true(turns.isWriting, 'one is still on its way');
  turns.writeEnded();
  t.false(turns.isWriting);
  await nextTurn();
  t.is(ran, 10);
});

test('while a write is on its way, long work rests after a long turn for as long as it took, and short work does not', async (t) => {
  const { turns, work } = setUp();
  const ran = { short: 0, long: 0 };
  for (let i = 0; i < 3; i++) {
    turns.wait(() => {
      ran.long++;
      work(5);
    }, true);
  }
  turns.writeBegan();
  await nextTurn();
  t.is(ran.long, 1);
  for (let rested = 0; rested < 5; rested++) {
    await nextTurn();
    t.is(ran.long, 1, `after ${rested} ms`);
    t.false(turns.free(true));
    turns.wait(() => {
      ran.short++;
      work(1);
    });
  }
  await nextTurn();
  t.is(ran.short, 5);
  await nextTurn();
  t.is(ran.long, 2);
  await nextTurn();
  t.is(ran.long, 2);
  turns.writeEnded();
  await nextTurn();
  t.is(ran.long, 3, 'no write: no rest');
});

test('while a write is on its way, one long piece may begin at once, and short ones as ever', async (t) => {
  const { turns } = setUp();
  turns.writeBegan();
  t.true(turns.free(true));
  t.false(turns.free(true), 'what the first one takes is not known yet');
  t.true(turns.free());
  await nextTurn();
  t.true(turns.free(true));
});

test('while a write is on its way, short work has what its turn has left behind a long piece', async (t) => {
  const { turns, work } = setUp();
  let ran = 0;
  // Short work has had its half of the time, for as long as a hundred of these take.
  turns.wait(() => work(10));
  for (let i = 0; i < 200; i++) turns.wait(() => work(0.1), true);
  turns.wait(() => ran++);
  turns.writeBegan();
  await nextTurn();
  await nextTurn();
  t.is(ran, 1);
  turns.writeEnded();
});

test('short and long pieces each get half of the time, however many of the others wait', async (t) => {
  const { turns, work } = setUp();
  const ran = { short: 0, long: 0 };
  let ahead = 0;
  for (let i = 0; i < 100; i++) {
    turns.wait(() => {
      ran.long++;
      work(5);
    }, true);
  }
  for (let i = 0; i < 40; i++) {
    turns.wait(() => {
      ran.short++;
      ahead = ran.long;
      work(1);
    });
  }
  while (ran.short < 40) await nextTurn();
  t.true(ahead >= 7 && ahead <= 12, `${ahead} long ones of 5 ms beside 40 short ones of 1 ms`);
  turns.wait(() => {
    ahead = ran.long;
  });
  const before = ran.long;
  await nextTurn();
  t.true(ahead - before <= 1, 'a single one waits for one of them');
  while (turns.waiting > 0) await nextTurn();
  t.is(ran.long, 100);
});

test('long work that has begun leaves half of the time to short pieces, and goes before long ones that wait', async (t) => {
  const { turns, work } = setUp();
  const ran: string[] = [];
  const piece = (name: string) => () => {
    ran.push(name);
    work(5);
  };
  for (let i = 0; i < 3; i++) turns.wait(piece('long'), true);
  for (let i = 0; i < 3; i++) turns.wait(piece('short'));
  for (let i = 0; i < 3; i++) void turns.goOn().then(piece('begun'));
  while (ran.length < 9) await nextTurn();
  t.deepEqual(ran, ['short', 'begun', 'short', 'begun', 'short', 'begun', 'long', 'long', 'long']);
});
