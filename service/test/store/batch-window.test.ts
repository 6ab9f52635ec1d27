import test from 'ava';
import { BatchWindow } from '../../src/store/batch-window.ts';
import { nextTurn } from '../../src/store/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A wait for the 20 of the last call, while 10 are there. */
function begin() {
  const clock = new ManualClock();
  const gathering = new BatchWindow(clock);
  const state = { clock, gathering, over: false };
  void gathering.wait(10, 20, 5)?.then(() => {
    state.over = true;
  });
  return state;
}

test('it waits until the callers of the last call are back', async (t) => {
  const wait = begin();
  wait.gathering.arrived(29);
  await nextTurn();
  t.false(wait.over);
  wait.gathering.arrived(30);
  await nextTurn();
  t.true(wait.over);
  t.is(wait.clock.waiting, 0, 'no timer stays behind');
});

test('it waits for a millisecond when no caller comes', async (t) => {
  const wait = begin();
  wait.clock.pass(1);
  await nextTurn();
  t.true(wait.over);
});

test('it goes on while somebody comes, up to its limit', async (t) => {
  const wait = begin();
  for (let waiting = 11; waiting < 15; waiting++) {
    wait.gathering.arrived(waiting);
    wait.clock.pass(1);
    await nextTurn();
    t.false(wait.over, `${waiting} wait`);
  }
  wait.gathering.arrived(15);
  wait.clock.pass(1);
  await nextTurn();
  t.true(wait.over);
});

test('few callers are not waited for', (t) => {
  t.is(new BatchWindow(new ManualClock()).wait(10, 3, 5), undefined);
});
