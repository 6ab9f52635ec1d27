/** Panels in one style, each with a description, a unit, a text for no data and, where there are, limits and links. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common';
import { DashboardLinkBuilder, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder, HeatmapColorOptionsBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Limits, limitsConfig } from './limits.ts';
import { dataLinksOf } from './panel-links.ts';

/** Grafana's ids of units. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'ops' | 'none' | 'dateTimeFromNow';

export interface PanelOptions {
  readonly title: string;
  /** What it shows. */
  readonly shows: string;
  /** What it looks like while all is well. */
  readonly normal: string;
  /** What to look at when it does not. */
  readonly otherwise: string;
  readonly unit: Unit;
  /** Legend (with `{{label}}`) and PromQL. */
  readonly queries: Readonly<Record<string, string>>;
  /** What it means that there is nothing to show. */
  readonly noData?: string;
  /** Where it turns orange and red: numbers of alerts. */
  readonly limits?: Limits;
  readonly mappings?: readonly ValueMapping[];
  /** The section of docs/runbooks.md: an alert's name. */
  readonly runbook?: string;
  /** Shows the traces of single requests, where the metric has them. */
  readonly exemplars?: boolean;
  /** Seconds between two points at the least, where a finer graph over many stores costs more than it shows. */
  readonly minStep?: number;
  /** Grid cells, of 24 in a row. */
  readonly width?: number;
  readonly height?: number;
}

export const datasource = { type: 'prometheus', uid: '$datasource' };
export const nothingScraped = 'Prometheus has no such series';

/** Lines over time, half as wide as the dashboard. */
export function timeseries(options: PanelOptions): TimeseriesBuilder {
  const panel = described(new TimeseriesBuilder(), { width: 12, height: 8, ...options });
  if (options.limits !== undefined) {
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  if (options.minStep !== undefined) panel.interval(`${options.minStep}s`);
  return panel.min(0).fillOpacity(10).showPoints(VisibilityMode.Never);
}

/** One number, a small panel. Without limits it is a quantity that is neither good nor bad. */
export function stat(options: PanelOptions): StatBuilder {
  const panel = described(new StatBuilder(), { width: 3, height: 4, ...options });
  const hasLimits = options.limits !== undefined;
  return panel
    .colorMode(hasLimits ? BigValueColorMode.Background : BigValueColorMode.None)
    .graphMode(BigValueGraphMode.None);
}

/** A histogram's buckets over time; the query gives a series for each `le`. */
export function heatmap(options: Omit<PanelOptions, 'queries'> & { readonly query: string }): HeatmapBuilder {
  const { query, ...rest } = options;
  const panel = described(new HeatmapBuilder(), { width: 12, height: 8, ...rest, queries: {} });
  const target = queryOf(refIdOf(0), '{{le}}', query).format(PromQueryFormat.Heatmap);
  return panel.withTarget(target).color(new HeatmapColorOptionsBuilder().scheme('Oranges').steps(64));
}

export function describe({ shows, normal, otherwise }: Pick<PanelOptions, 'shows' | 'normal' | 'otherwise'>): string {
  return `${shows} Normal: ${normal} Else: ${otherwise}`;
}

type Builder = TimeseriesBuilder | StatBuilder | HeatmapBuilder;

function described<P extends Builder>(panel: P, options: PanelOptions & { width: number; height: number }): P {
  const { title, unit, width, height, limits, mappings, noData = nothingScraped } = options;
  panel.title(title).description(describe(options)).datasource(datasource).unit(unit).height(height).span(width);
  panel.noValue(noData);
  if (limits !== undefined) panel.thresholds(limitsConfig(limits));
  if (mappings !== undefined) panel.mappings([...mappings]);
  for (const [index, [legend, expr]] of Object.entries(options.queries).entries()) {
    const query = queryOf(refIdOf(index), legend, expr);
    panel.withTarget(options.exemplars === true ? query.exemplar(true) : query);
  }
  panel.dataLinks(dataLinksOf(options.queries));
  if (options.runbook !== undefined) {
    const link = new DashboardLinkBuilder('Runbook').url(`\${runbooks}#${options.runbook.toLowerCase()}`);
    panel.links([link.targetBlank(true)]);
  }
  return panel;
}

/** How Grafana names the queries of a panel: A, B, C. */
export const refIdOf = (index: number) => String.fromCharCode(65 + index);

export function queryOf(refId: string, legend: string, expr: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).datasource(datasource);
}
