/** Bars of a run, as SVG: for each row, the answers a second of all who were measured, and how they spread. */
import type { RowResult, TargetResult } from './compare.ts';

const width = 760;
const barHeight = 20;
const gap = 8;
const [left, right, top] = [240, 150, 40];

/** One plot of a row. */
export function plot({ title, targets }: RowResult): string {
  const shown = targets.filter(({ rate }) => rate.most > 0);
  const most = Math.max(...shown.map(({ rate }) => rate.most));
  const height = top + shown.length * (barHeight + gap) + gap;
  const x = (rate: number) => (rate / most) * (width - left - right);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="10" y="22" font-weight="bold">${escapeXml(title)}: answers a second</text>`,
    ...shown.flatMap((target, i) => bar(target, top + i * (barHeight + gap), x, i === 0)),
    '</svg>\n',
  ].join('\n');
}

function bar({ name, rate }: TargetResult, y: number, x: (rate: number) => number, isFirst: boolean): string[] {
  const middle = y + barHeight / 2;
  const [from, to] = [left + x(rate.least), left + x(rate.most)].map((at) => at.toFixed(1));
  return [
    `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(name)}</text>`,
    `<rect x="${left}" y="${y}" width="${x(rate.median).toFixed(1)}" height="${barHeight}" fill="${isFirst ? '#369' : '#aac'}"/>`,
    `<path d="M${from} ${middle}H${to}" stroke="#222" stroke-width="2"/>`,
    `<text x="${Number(to) + 8}" y="${middle + 4}">${Math.round(rate.median).toLocaleString('en-US')}</text>`,
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
