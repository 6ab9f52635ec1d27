import test from 'ava';
import { compare, judge, resultOf } from './compare.ts';
import type { Figures } from './figures.ts';

const figures = (rate: number, more: Partial<Figures> = {}): Figures => {
  return { rate, p50: 1, p99: 2, errors: 0, cpu: 10, ...more };
};
const bar = { of: 'ours', against: 'theirs', figure: 'rate', atLeast: 0.86 } as const;

test('a ratio is made in each round, so what slows all down in one round does not show', (t) => {
  const ours = resultOf('ours', [figures(90), figures(9), figures(900)]);
  const theirs = resultOf('theirs', [figures(100), figures(10), figures(1000)]);
  const { ratio, met } = judge(bar, [theirs, ours]);
  t.deepEqual(ratio, { median: 0.9, least: 0.9, most: 0.9 });
  t.true(met);
});

test('a bar is not met below it, above it, or with a failed request', (t) => {
  const theirs = resultOf('theirs', [figures(100)]);
  t.false(judge(bar, [resultOf('ours', [figures(85)]), theirs]).met);
  t.true(judge(bar, [resultOf('ours', [figures(86)]), theirs]).met);
  t.false(judge(bar, [resultOf('ours', [figures(100, { errors: 1 })]), theirs]).met);
  const latency = { of: 'ours', against: 'theirs', figure: 'p99', atMost: 2 } as const;
  t.true(judge(latency, [resultOf('ours', [figures(1, { p99: 4 })]), theirs]).met);
  t.false(judge(latency, [resultOf('ours', [figures(1, { p99: 4.1 })]), theirs]).met);
});

test('a bar that names no result is a mistake', (t) => {
  t.throws(() => judge(bar, []), { message: /ours/ });
});

test('what is no load is taken once a round', async (t) => {
  let size = 0;
  const contest = { targets: [{ name: 'size', take: async () => ++size }], bars: [] };
  const { targets } = await compare(contest, { rounds: 3, seconds: 1, warmup: 1 });
  t.deepEqual(targets[0]?.p50, { median: 2, least: 1, most: 3 });
});
