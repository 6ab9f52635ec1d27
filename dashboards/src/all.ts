/** Every dashboard, by the name of its file. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { defaultLinks, type Links } from './links.ts';
import { operatorDashboard } from './operator.ts';
import { rolloutDashboard } from './rollout.ts';
import { serviceDashboard } from './service.ts';

export function allDashboards(links: Links = defaultLinks): Record<string, Dashboard> {
  return {
    service: serviceDashboard(links.runbooks).build(),
    rollout: rolloutDashboard(links.runbooks).build(),
    operator: operatorDashboard(links.runbooks).build(),
  };
}
