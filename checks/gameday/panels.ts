/** What the dashboards show of one store: the panels that have turned orange or red, with their values. */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { shownAs } from '../../dashboards/screenshots/shown-as.ts';
import { allDashboards } from '../../dashboards/src/all.ts';
import type { Prometheus } from '../../dashboards/test/support/prometheus.ts';
import { queriesOf } from '../../dashboards/test/support/queries.ts';

/** Four times the interval of scrapes, as Grafana chooses it, and a margin. */
export const rateInterval = '1m';

export interface Chosen {
  readonly namespace: string;
  readonly name: string;
}

export interface SeenPanel {
  /** Of the dashboard, without "KvStore / ". */
  readonly dashboard: string;
  readonly title: string;
  readonly text: string;
  readonly color: 'orange' | 'red';
}

/** The dashboard of a uid, as it is looked at from an alert. Throws Error when there is none. */
export function dashboardOf(uid: string): Dashboard {
  const found = Object.values(allDashboards()).find((each) => each.uid === uid);
  if (found === undefined) throw new Error(`There is no dashboard ${uid}`);
  return found;
}

/** Panels of one dashboard, in their order, that are not green now. */
export async function raisedPanels(prometheus: Prometheus, dashboard: Dashboard, store: Chosen): Promise<SeenPanel[]> {
  const worst = new Map<Panel, SeenPanel>();
  for (const { panel, expr } of queriesFor(dashboard, store)) {
    if ((panel.fieldConfig?.defaults.thresholds?.steps.length ?? 0) < 2) continue;
    for (const { value } of await prometheus.query(expr)) {
      const { text, color } = shownAs(panel, Number(value[1]));
      if (color !== 'orange' && color !== 'red') continue;
      if (worst.get(panel)?.color === 'red' || (worst.has(panel) && color === 'orange')) continue;
      const title = panel.title ?? '';
      worst.set(panel, { dashboard: (dashboard.title ?? '').replace('KvStore / ', ''), title, text, color });
    }
  }
  return [...worst.values()];
}

/** With the variables set to the store; all of its pods. */
export function queriesFor(dashboard: Dashboard, { namespace, name }: Chosen) {
  return queriesOf(dashboard, rateInterval, { namespace, kvstore: name, pod: '.*' });
}
