/** Panels in one style, each with a description, a unit and, where there is one, a link to the runbook. */
import { BigValueColorMode, BigValueGraphMode, VisibilityMode } from '@grafana/grafana-foundation-sdk/common';
import { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder, HeatmapColorOptionsBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** Grafana's ids of units. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'ops' | 'none';

export interface PanelOptions {
  readonly title: string;
  /** What it shows and what to think of it. */
  readonly description: string;
  readonly unit: Unit;
  /** Legend (with `{{label}}`) and PromQL. */
  readonly queries: Readonly<Record<string, string>>;
  /** The section of docs/runbooks.md: an alert's name. */
  readonly runbook?: string;
  /** Shows the traces of single requests, where the metric has them. */
  readonly exemplars?: boolean;
}

export const datasource = { type: 'prometheus', uid: '$datasource' };
const height = 8;

/** Lines over time, half as wide as the dashboard. */
export function timeseries(options: PanelOptions): TimeseriesBuilder {
  const panel = described(new TimeseriesBuilder(), options).height(height).span(12);
  return panel.min(0).fillOpacity(10).showPoints(VisibilityMode.Never);
}

/** One number a series, a small panel. */
export function stat(options: PanelOptions): StatBuilder {
  const panel = described(new StatBuilder(), options).height(4).span(6);
  return panel.colorMode(BigValueColorMode.Value).graphMode(BigValueGraphMode.Area);
}

/** A histogram's buckets over time; the query gives a series for each `le`. */
export function heatmap(options: Omit<PanelOptions, 'queries'> & { readonly query: string }): HeatmapBuilder {
  const { query, ...rest } = options;
  const panel = described(new HeatmapBuilder(), { ...rest, queries: {} })
    .height(height)
    .span(12);
  const target = queryOf('A', '{{le}}', query).format(PromQueryFormat.Heatmap);
  return panel.withTarget(target).color(new HeatmapColorOptionsBuilder().scheme('Oranges').steps(64));
}

function described<P extends TimeseriesBuilder | StatBuilder | HeatmapBuilder>(panel: P, options: PanelOptions): P {
  panel.title(options.title).description(options.description).datasource(datasource).unit(options.unit);
  for (const [index, [legend, expr]] of Object.entries(options.queries).entries()) {
    const query = queryOf(String.fromCharCode(65 + index), legend, expr);
    panel.withTarget(options.exemplars === true ? query.exemplar(true) : query);
  }
  if (options.runbook !== undefined) {
    const link = new DashboardLinkBuilder('Runbook').url(`\${runbooks}#${options.runbook.toLowerCase()}`);
    panel.links([link.targetBlank(true)]);
  }
  return panel;
}

function queryOf(refId: string, legend: string, expr: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).datasource(datasource);
}
