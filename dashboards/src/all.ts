/** Every dashboard, by the name of its file. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { fleetDashboard } from './fleet.ts';
import { defaultLinks, type Links } from './links.ts';
import { operatorDashboard } from './operator/operator.ts';
import { rolloutDashboard } from './rollout.ts';
import { serviceDashboard } from './service/service.ts';

export function allDashboards({ runbooks }: Links = defaultLinks): Record<string, Dashboard> {
  return {
    fleet: fleetDashboard(runbooks).build(),
    service: serviceDashboard(runbooks).build(),
    rollout: rolloutDashboard(runbooks).build(),
    operator: operatorDashboard(runbooks).build(),
  };
}
