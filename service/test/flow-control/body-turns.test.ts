import test from 'ava';
import { BodyTurns } from '../../src/flow-control/body-turns.ts';

/** Body turns whose turns end when the test says so. */
function setUp() {
  let waiting: (() => void)[] = [];
  const turns = new BodyTurns((run) => waiting.push(run));
  const endTurn = () => {
    const running = waiting;
    waiting = [];
    for (const run of running) run();
    return running.length > 0;
  };
  return { turns, endTurn };
}

const piece = 64 * 1024;

test('a turn takes half a mebibyte, and so does the next one', (t) => {
  const { turns, endTurn } = setUp();
  for (let turn = 0; turn < 3; turn++) {
    for (let i = 0; i < 8; i++) t.true(turns.take(piece), `${i}`);
    t.false(turns.take(piece));
    t.false(turns.take(1));
    t.true(endTurn());
  }
  t.false(endTurn(), 'nothing is left to be done');
});

test('bodies that wait go on in their order, few in each turn, and all of them do', (t) => {
  const { turns, endTurn } = setUp();
  const ran: number[] = [];
  for (let i = 0; i < 20; i++) turns.wait(() => ran.push(i));
  for (const count of [8, 16, 20]) {
    t.true(endTurn());
    t.is(ran.length, count);
  }
  t.deepEqual(
    ran,
    [...ran].sort((a, b) => a - b),
  );
  t.false(endTurn());
});

test('a body that waits again goes on in a later turn', (t) => {
  const { turns, endTurn } = setUp();
  let ran = 0;
  const again = () => {
    if (++ran < 3) turns.wait(again);
  };
  turns.wait(again);
  for (const count of [1, 2, 3]) {
    t.true(endTurn());
    t.is(ran, count);
  }
  t.false(endTurn());
});
