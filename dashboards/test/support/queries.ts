/** The queries of the dashboards, as Prometheus is asked when everything is chosen. */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';

export interface PanelQuery {
  readonly panel: Panel;
  readonly legend: string;
  /** With Grafana's variables filled in. */
  readonly expr: string;
}

export function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
}

/** @param rateInterval a few times the scrape interval, such as `10s` */
export function queriesOf(dashboard: Dashboard, rateInterval: string): PanelQuery[] {
  return panelsOf(dashboard).flatMap((panel) =>
    ((panel.targets ?? []) as Dataquery[]).map(({ expr = '', legendFormat = '' }) => ({
      panel,
      legend: legendFormat,
      expr: expr.replaceAll('$__rate_interval', rateInterval).replaceAll(/\$(namespace|kvstore|pod)\b/g, '.*'),
    })),
  );
}
