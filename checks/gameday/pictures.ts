/** Pictures of dashboards in bad states, for dashboards/README.md. */
import { takePicture } from '../../dashboards/screenshots/picture.ts';
import type { Prometheus } from '../../dashboards/test/support/prometheus.ts';
import type { KvStoreHandle } from '../../e2e/support/kvstore.ts';
import { interval } from './cluster-prometheus.ts';
import { dashboardOf, queriesFor } from './panels.ts';
import type { Scenario } from './scenario.ts';

const minutes = 10;

/** Of the last minutes, where the scenario asks for one. */
export function takePictureOf(prometheus: Prometheus) {
  return async ({ name, picture }: Scenario, store: KvStoreHandle): Promise<void> => {
    if (picture === undefined) return;
    const dashboard = dashboardOf(picture);
    const to = Math.floor(Date.now() / 1000);
    const queries = queriesFor(dashboard, store);
    await takePicture(prometheus, {
      dashboard,
      queries,
      from: to - 60 * minutes,
      to,
      step: interval,
      name: `bad-${name}`,
    });
  };
}
