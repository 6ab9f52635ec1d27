import test from 'ava';
import { Gathering } from '../../src/store/gathering.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Whether what it waits for has happened. */
function watched(wait: Promise<void> | undefined): { over: boolean } {
  const state = { over: wait === undefined };
  void wait?.then(() => {
    state.over = true;
  });
  return state;
}

const microtasks = () => new Promise(setImmediate);

test('it waits until the callers of the last call are back', async (t) => {
  const clock = new ManualClock();
  const gathering = new Gathering(clock);
  const wait = watched(gathering.wait(10, 20, 5));
  gathering.arrived(29);
  await microtasks();
  t.false(wait.over);
  gathering.arrived(30);
  await microtasks();
  t.true(wait.over);
  t.is(clock.waiting, 0, 'no timer stays behind');
});

test('it waits no longer than its patience', async (t) => {
  const clock = new ManualClock();
  const gathering = new Gathering(clock);
  const wait = watched(gathering.wait(10, 20, 5));
  clock.pass(4);
  await microtasks();
  t.false(wait.over);
  clock.pass(1);
  await microtasks();
  t.true(wait.over);
  gathering.arrived(30);
  t.true(watched(gathering.wait(0, 20, 5)).over, 'nobody is there yet: nobody is kept waiting');
  t.true(watched(gathering.wait(1, 3, 5)).over, 'few callers gain nothing');
});
