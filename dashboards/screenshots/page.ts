/** A dashboard as one HTML page: each panel at its place, drawn from what its queries gave. */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Series } from '../test/support/prometheus.ts';
import { isRow } from '../test/support/queries.ts';
import { type Area, colorOf, heatmapChart, type Line, lastOf, lineChart, number } from './chart.ts';
import { format } from './format.ts';
import { shownAs } from './shown-as.ts';
import { tableHtml } from './table.ts';

/** Pixels of a grid cell: Grafana's grid is 24 wide. */
const cell = { width: 58, height: 34 } as const;
const gap = 6;
const mostInLegend = 8;

export interface Drawn {
  readonly legend: string;
  readonly series: readonly Series[];
}

export interface Page {
  readonly html: string;
  readonly width: number;
  readonly height: number;
}

/** @param results of each panel's queries over the time from `from` to `to`, in seconds */
export function page(dashboard: Dashboard, results: ReadonlyMap<Panel, Drawn[]>, from: number, to: number): Page {
  let bottom = 0;
  const panels = (dashboard.panels ?? []).flatMap((panel) => (isRow(panel) ? [panel, ...panel.panels] : [panel]));
  const parts = panels.map((panel) => {
    const { x = 0, y = 0, w = 0, h = 0 } = panel.gridPos ?? {};
    bottom = Math.max(bottom, y + h);
    const place = `left:${x * cell.width}px;top:${y * cell.height + 40}px;width:${w * cell.width - gap}px;height:${h * cell.height - gap}px`;
    const title = escapeHtml(panel.title ?? '');
    if (panel.type === 'row') return `<h2 style="${place}">${title}</h2>`;
    const area = { width: w * cell.width - gap - 12, height: h * cell.height - gap - 24, from, to };
    const drawn = results.get(panel as Panel) ?? [];
    return `<section style="${place}"><h3>${title}</h3>${draw(panel as Panel, drawn, area)}</section>`;
  });
  const html = `<!doctype html><meta charset="utf-8"><style>${style}</style><h1>${escapeHtml(dashboard.title ?? '')}</h1>${parts.join('')}`;
  return { html, width: 24 * cell.width, height: bottom * cell.height + 40 };
}

function draw(panel: Panel, drawn: readonly Drawn[], area: Area): string {
  const unit = panel.fieldConfig?.defaults.unit ?? 'short';
  const lines = drawn.flatMap(({ legend, series }) => series.map((each) => lineOf(legend, each)));
  if (panel.type === 'stat')
    return bigNumber(panel, lines[0] === undefined ? Number.NaN : lastOf(lines[0]), unit, area);
  if (panel.type === 'table')
    return tableHtml(
      panel,
      drawn.map(({ series }) => series),
      escapeHtml,
    );
  if (panel.type === 'heatmap') return heatmapChart(apart(lines), unit, area);
  const shown = lines.slice(0, mostInLegend);
  const rest = lines.length > shown.length ? ` and ${lines.length - shown.length} more` : '';
  const legend = shown.map((line, index) => {
    const value = format(lastOf(line), unit);
    return `<span style="color:${colorOf(index)}">▬</span> ${escapeHtml(line.name)} <b>${value}</b>`;
  });
  return `${lineChart(lines, unit, { ...area, height: area.height - 34 })}<p>${legend.join(' &nbsp; ')}${rest}</p>`;
}

const colors: Readonly<Record<string, string>> = { green: '#73bf69', orange: '#ff9830', red: '#f2495c' };

function bigNumber(panel: Panel, value: number, unit: string, area: Area): string {
  const { text, color } = shownAs(panel, value);
  const drawn = colors[color ?? ''];
  return number(value, unit, area, { text, ...(drawn === undefined ? {} : { color: drawn }) });
}

function lineOf(legend: string, { metric, values }: Series): Line {
  const name = legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
  return { name, points: values.map(([time, text]) => [time, Number(text)] as const) };
}

/** Prometheus's buckets count everything up to their bound; a heatmap shows what is between two bounds. */
function apart(lines: readonly Line[]): Line[] {
  const bound = ({ name }: Line) => Number(name.replace('+Inf', 'Infinity'));
  const sorted = lines.toSorted((a, b) => bound(a) - bound(b));
  return sorted.map(({ name, points }, index) => {
    const below = new Map(sorted[index - 1]?.points ?? []);
    return { name, points: points.map(([time, value]) => [time, value - (below.get(time) ?? 0)] as const) };
  });
}

const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const style = `
  body { margin: 0; background: #111217; color: #ccccdc; font: 12px sans-serif; }
  h1 { position: absolute; left: 8px; top: 8px; margin: 0; font-size: 18px; }
  h2 { position: absolute; margin: 6px 8px; font-size: 14px; }
  section { position: absolute; background: #181b1f; border: 1px solid #2c3235; box-sizing: border-box; overflow: hidden; padding: 4px 6px; }
  h3 { margin: 0 0 4px; font-size: 12px; font-weight: 600; }
  p { margin: 2px 0; font-size: 10px; line-height: 15px; max-height: 30px; overflow: hidden; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid #2c3235; font-weight: normal; }
  th { color: #9fa7b3; }
  svg text { fill: #9fa7b3; font-size: 10px; }
`;
