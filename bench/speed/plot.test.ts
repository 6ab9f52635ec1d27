import test from 'ava';
import { judge, resultOf } from './compare.ts';
import type { Figures } from './figures.ts';
import { plot } from './plot.ts';

const figures = (rate: number): Figures => ({ rate, p50: 1, p99: 2, errors: 0, cpu: 10 });
const ours = resultOf('kvstore <ours> & co', [figures(50), figures(40), figures(60)]);
const theirs = resultOf('raw', [figures(100), figures(80), figures(120)]);
const start = resultOf('start', [figures(Number.NaN)]);
const bar = { of: ours.name, against: 'raw', figure: 'rate', atLeast: 0.4 } as const;
const row = { name: 'row', title: 'A <row>', targets: [ours, theirs, start], bars: [judge(bar, [ours, theirs])] };

test('bars are as long as the medians, and told apart from what has no rate', (t) => {
  const svg = plot(row);
  const [our, their, ...more] = [...svg.matchAll(/<rect x="220" y="\d+" width="([\d.]+)"/g)].map(([, width]) => width);
  t.is((Number(their) / Number(our)).toFixed(2), '2.00');
  t.deepEqual(more, []);
  t.false(svg.includes('NaN'));
  t.true(svg.includes('>50; 0.50 of raw</text>'));
});

test('names are escaped', (t) => {
  const svg = plot(row);
  t.true(svg.includes('kvstore &lt;ours> &amp; co') && svg.includes('<title>A &lt;row></title>'));
});
