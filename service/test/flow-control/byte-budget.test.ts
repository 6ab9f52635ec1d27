import test from 'ava';
import { ByteBudget } from '../../src/flow-control/byte-budget.ts';

function budgetOf(most: number) {
  const clock = { now: 0 };
  return { clock, budget: new ByteBudget(most, () => clock.now) };
}

test('without room, what has been arriving for the longest makes room, and nothing that has just begun', (t) => {
  const { clock, budget } = budgetOf(100);
  const ended: string[] = [];
  const first = budget.begin(() => ended.push('first'));
  t.true(first.grow(40));
  clock.now = 500;
  const second = budget.begin(() => ended.push('second'));
  t.true(second.grow(40));
  clock.now = 900;
  t.is(budget.hold(40), undefined, 'neither is old enough');
  clock.now = 1100;
  t.not(budget.hold(40), undefined);
  t.deepEqual(ended, ['first']);
  t.is(budget.bytes, 80);
  t.false(first.grow(1), 'it is over');
  t.is(budget.hold(40), undefined);
  clock.now = 1600;
  t.false(second.grow(60), 'a body makes no room for itself');
});

test('what is all there makes no room, and is given back once', (t) => {
  const { clock, budget } = budgetOf(100);
  const body = budget.begin(() => t.fail('it was ended'));
  body.grow(80);
  body.settle();
  clock.now = 10_000;
  t.is(budget.hold(40), undefined);
  body.release();
  body.release();
  t.is(budget.bytes, 0);
  const whole = budget.hold(100);
  t.not(whole, undefined);
  clock.now = 20_000;
  t.is(budget.hold(1), undefined);
  whole?.release();
  t.is(budget.bytes, 0);
});
