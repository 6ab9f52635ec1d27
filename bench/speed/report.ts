/** The table of a run, as Markdown. */
import type { Spread } from '../slices/statistics.ts';
import type { BarResult, RowResult, TargetResult } from './compare.ts';
import type { Figure } from './figures.ts';

export interface Skipped {
  readonly name: string;
  readonly title: string;
  readonly why: string;
}

export function markdown(rows: readonly RowResult[], skipped: readonly Skipped[]): string {
  const lines = [
    '| row | who | a second (spread) | p50 ms | p99 ms | CPU us | ratio (spread) | bar |',
    '|---|---|---|---|---|---|---|---|',
  ];
  for (const row of rows) {
    row.targets.forEach((target, i) => {
      const bars = row.bars.filter(({ of }) => of === target.name);
      lines.push(tableRow([i === 0 ? `**${row.name}**: ${row.title}` : '', ...cells(target), ...barCells(bars)]));
    });
  }
  for (const { name, title, why } of skipped) lines.push(tableRow([`**${name}**: ${title}`, `skipped: ${why}`]));
  return lines.join('\n');
}

function tableRow(cells: readonly string[]): string {
  return `| ${Array.from({ length: 8 }, (_, i) => cells[i] ?? '').join(' | ')} |`;
}

function cells({ name, rate, p50, p99, cpu, errors }: TargetResult): string[] {
  const failed = errors === 0 ? '' : `, **${errors} errors**`;
  const rates = Number.isNaN(rate.median)
    ? failed
    : `${whole(rate.median)} (${whole(rate.least)} to ${whole(rate.most)})${failed}`;
  const processor = Number.isNaN(cpu.median) ? '' : cpu.median.toFixed(1);
  return [name, rates, p50.median.toFixed(2), p99.median.toFixed(2), processor];
}

const figures: Readonly<Record<Figure, string>> = { rate: '', p50: 'p50 ', p99: 'p99 ', cpu: 'CPU ' };

function barCells(bars: readonly BarResult[]): string[] {
  const ratios = bars.map(({ figure, against, ratio }) => `${figures[figure]}${times(ratio)} of ${against}`);
  const verdicts = bars.map(({ atLeast, atMost, met }) => {
    if (atLeast === undefined && atMost === undefined) return '';
    const limit = atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
    return `${limit}: ${met ? 'met' : '**not met**'}`;
  });
  return [ratios.join('<br>'), verdicts.join('<br>')];
}

function times({ median, least, most }: Spread): string {
  return `**${ratio(median)}** (${ratio(least)} to ${ratio(most)})`;
}

const ratio = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1));
const whole = (value: number) => (Number.isNaN(value) ? '' : Math.round(value).toLocaleString('en-US'));
