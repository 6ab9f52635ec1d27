/** The queries of the dashboards, as Prometheus is asked when everything is chosen. */
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';

export interface PanelQuery {
  readonly panel: Panel;
  readonly legend: string;
  /** With Grafana's variables filled in. */
  readonly expr: string;
}

/** What a dashboard's variables are set to: regular expressions. */
export interface Variables {
  readonly namespace: string;
  readonly kvstore: string;
  readonly pod: string;
}

/** As Grafana does for All. */
const all: Variables = { namespace: '.*', kvstore: '.*', pod: '.*' };

export function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}

export function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === 'row';
}

/**
 * @param rateInterval a few times the scrape interval, such as `10s`
 * @param chosen what the variables are set to
 */
export function queriesOf(dashboard: Dashboard, rateInterval: string, chosen = all): PanelQuery[] {
  return panelsOf(dashboard).flatMap((panel) =>
    ((panel.targets ?? []) as Dataquery[]).map(({ expr = '', legendFormat = '' }) => ({
      panel,
      legend: legendFormat,
      expr: fillIn(expr, rateInterval, chosen),
    })),
  );
}

/** A query as Grafana sends it. */
export function fillIn(expr: string, rateInterval: string, chosen = all): string {
  return expr
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll(/\$(namespace|kvstore|pod)\b/g, (_, variable: keyof Variables) => chosen[variable]);
}
