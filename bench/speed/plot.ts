/** Bars of a run, as SVG: for each row, the answers a second of all who were measured, how they spread, and their ratios. */
import type { BarResult, RowResult, TargetResult } from './compare.ts';

const width = 860;
const barHeight = 20;
const gap = 8;
const [left, right, top] = [220, 300, 40];
const colours = { judged: '#7aa6d6', other: '#d3d6de' } as const;

/** One plot of a row. */
export function plot({ title, targets, bars }: RowResult): string {
  const shown = targets.filter(({ rate }) => rate.most > 0);
  const most = Math.max(...shown.map(({ rate }) => rate.most));
  const height = top + shown.length * (barHeight + gap) + gap;
  const x = (rate: number) => (rate / most) * (width - left - right);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="10" y="22" font-weight="bold">${escapeXml(title)}: answers a second</text>`,
    ...shown.flatMap((target, i) => bar(target, top + i * (barHeight + gap), x, bars)),
    '</svg>\n',
  ].join('\n');
}

function bar(
  { name, rate }: TargetResult,
  y: number,
  x: (rate: number) => number,
  bars: readonly BarResult[],
): string[] {
  const middle = y + barHeight / 2;
  const [from, to] = [left + x(rate.least), left + x(rate.most)].map((at) => at.toFixed(1));
  // The first is what the row is about; the table has all.
  const judged = bars.find(({ of, figure }) => of === name && figure === 'rate');
  const ratio = judged === undefined ? '' : `; ${judged.ratio.median.toFixed(2)} of ${judged.against}`;
  const label = `${Math.round(rate.median).toLocaleString('en-US')}${ratio}`;
  const colour = judged === undefined ? colours.other : colours.judged;
  return [
    `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(name)}</text>`,
    `<rect x="${left}" y="${y}" width="${x(rate.median).toFixed(1)}" height="${barHeight}" fill="${colour}"/>`,
    `<path d="M${from} ${middle}H${to}M${from} ${middle - 4}v8M${to} ${middle - 4}v8" stroke="#222" fill="none"/>`,
    `<text x="${Number(to) + 8}" y="${middle + 4}">${escapeXml(label)}</text>`,
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
