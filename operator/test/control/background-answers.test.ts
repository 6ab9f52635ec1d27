/** Addresses are asked in the background: often at first, rarely later, and no look waits for one. */
import test from 'ava';
import { BackgroundAnswers } from '../../src/control/background-answers.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Lets the answers arrive. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function start() {
  const clock = new FakeClock();
  const changed: string[] = [];
  const answers = new BackgroundAnswers<string>({
    clock,
    steadyMs: 60_000,
    soonMs: 2_000,
    isSame: (a, b) => a === b,
    onChange: (subject) => changed.push(subject),
  });
  const state = { says: 'bad', asked: 0 };
  const look = (ask = async () => state.says) =>
    answers.look({
      key: 'k',
      subject: 'web/shop',
      ask: () => {
        state.asked += 1;
        return ask();
      },
      isGood: (answer) => answer === 'good',
    });
  /** Looks whenever a look is due, as the queue does; how often it asked meanwhile. */
  const follow = async (ms: number): Promise<number> => {
    const [end, before] = [clock.now() + ms, state.asked];
    while (clock.now() < end) {
      look();
      await settle();
      clock.advance(Math.min(end - clock.now(), Math.max(1, look()?.dueMs ?? 1)));
    }
    return state.asked - before;
  };
  return { clock, changed, state, look, follow };
}

test('what does not answer as it should is asked every 2 s for a minute, then every minute', async (t) => {
  const { state, follow } = start();
  const first = await follow(60_000);
  t.true(first >= 29 && first <= 31, `${first}`);
  const hour = await follow(3_600_000);
  t.true(hour >= 59 && hour <= 61, `${hour}`);
  state.says = 'good';
  t.is(await follow(60_000), 1);
  state.says = 'bad';
  const again = await follow(30_000);
  t.true(again >= 14, 'and soon again once it answered in between');
});

test('a look gets the last answer at once while a new one takes its time, with one request only', async (t) => {
  const { clock, changed, state, look } = start();
  let answer: (says: string) => void = () => {};
  const slow = () => new Promise<string>((resolve) => (answer = resolve));
  t.is(look(slow), undefined);
  t.is(look(slow), undefined);
  t.is(state.asked, 1);
  answer('good');
  await settle();
  t.like(look(slow), { answer: 'good', dueMs: 60_000 });
  t.deepEqual(changed, ['web/shop']);
  clock.advance(60_000);
  t.like(look(slow), { answer: 'good' });
  t.like(look(slow), { answer: 'good' });
  t.is(state.asked, 2);
  answer('good');
  await settle();
  t.is(changed.length, 1, 'the same answer is no news');
  clock.advance(60_000);
  look(slow);
  answer('bad');
  await settle();
  t.is(changed.length, 2);
});
