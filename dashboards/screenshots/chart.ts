/** One panel as SVG: lines, a heatmap, or a number. */
import { format } from './format.ts';

export interface Line {
  readonly name: string;
  /** Seconds since 1970 and value; values that are no numbers are gaps. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Area {
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
}

const colors = ['#73bf69', '#f2cc0c', '#5794f2', '#ff780a', '#f2495c', '#b877d9', '#8ab8ff', '#ffa6b0'];
const axis = { left: 74, bottom: 18, top: 6, right: 8 } as const;

export const colorOf = (index: number): string => colors[index % colors.length] ?? '#888';
export const lastOf = ({ points }: Line): number => points.findLast(([, value]) => Number.isFinite(value))?.[1] ?? NaN;

export function lineChart(lines: readonly Line[], unit: string, area: Area): string {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const max = Math.max(...values, 0) * 1.1 || 1;
  const y = (value: number) => area.height - axis.bottom - (value / max) * (area.height - axis.bottom - axis.top);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(max * share).toFixed(1);
    const line = `<line x1="${axis.left}" x2="${area.width - axis.right}" y1="${at}" y2="${at}" stroke="#2c3235"/>`;
    return `${line}<text x="${axis.left - 6}" y="${at}" dy="4" text-anchor="end">${format(max * share, unit)}</text>`;
  });
  const paths = lines.map(({ points }, index) => {
    let pen = 'M';
    const d = points.map(([time, value]) => {
      if (!Number.isFinite(value)) {
        pen = 'M';
        return '';
      }
      const step = `${pen}${x(time, area).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
      return step;
    });
    return `<path d="${d.join('')}" fill="none" stroke="${colorOf(index)}" stroke-width="1.5"/>`;
  });
  return svg(area, [...grid, ...times(area), ...paths]);
}

/** @param buckets by upper bound, each with its own (not the cumulated) count */
export function heatmapChart(buckets: readonly Line[], unit: string, area: Area): string {
  const most = Math.max(...buckets.flatMap(({ points }) => points.map(([, value]) => value || 0)), 1e-9);
  const rowHeight = (area.height - axis.bottom - axis.top) / buckets.length;
  const rows = buckets.map(({ name, points }, row) => {
    const top = area.height - axis.bottom - (row + 1) * rowHeight;
    const width = ((area.width - axis.left - axis.right) / Math.max(points.length, 1)).toFixed(2);
    const cells = points
      .filter(([, value]) => value > 0)
      .map(([time, value]) => {
        const place = `x="${x(time, area).toFixed(1)}" y="${top.toFixed(1)}" width="${width}"`;
        return `<rect ${place} height="${rowHeight.toFixed(1)}" fill="#ff780a" opacity="${(0.1 + (0.9 * value) / most).toFixed(2)}"/>`;
      });
    const bound = name === '+Inf' ? '+Inf' : format(Number(name), unit);
    return `${cells.join('')}<text x="${axis.left - 6}" y="${top + rowHeight}" text-anchor="end">${bound}</text>`;
  });
  return svg(area, [...times(area), ...rows]);
}

/** @param shown text and colour where they differ from the value's own */
export function number(value: number, unit: string, area: Area, shown: { text?: string; color?: string } = {}): string {
  const text = shown.text ?? format(value, unit);
  return svg(area, [
    `<text x="${area.width / 2}" y="${area.height * 0.7}" text-anchor="middle" style="font-size:${text.length > 8 ? 16 : 26}px;fill:${shown.color ?? '#ccccdc'}">${text}</text>`,
  ]);
}

function x(time: number, { from, to, width }: Area): number {
  return axis.left + ((time - from) / (to - from)) * (width - axis.left - axis.right);
}

function times(area: Area): string[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const time = area.from + share * (area.to - area.from);
    const text = new Date(time * 1000).toISOString().slice(11, 19);
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle';
    return `<text x="${x(time, area)}" y="${area.height - 3}" text-anchor="${anchor}">${text}</text>`;
  });
}

function svg({ width, height }: Area, parts: readonly string[]): string {
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('')}</svg>`;
}
