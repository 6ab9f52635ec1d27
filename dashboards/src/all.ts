/** Every dashboard, by the name of its file. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { operatorDashboard } from './operator.ts';
import { rolloutDashboard } from './rollout.ts';
import { serviceDashboard } from './service.ts';

export function allDashboards(runbooks: string): Record<string, Dashboard> {
  return {
    service: serviceDashboard(runbooks).build(),
    rollout: rolloutDashboard(runbooks).build(),
    operator: operatorDashboard(runbooks).build(),
  };
}
