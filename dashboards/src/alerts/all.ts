/** Every alert, in groups that are evaluated together. */
import { type Alert, type Rule, ruleOf } from './alert.ts';
import { burnRateAlerts } from './burn-rate.ts';
import { etcdAlerts } from './etcd-alerts.ts';
import { operatorAlerts } from './operator-alerts.ts';
import { serviceAlerts } from './service-alerts.ts';

const groups: Readonly<Record<string, readonly Alert[]>> = {
  'kvstore-objectives': burnRateAlerts,
  'kvstore-service': serviceAlerts,
  'kvstore-etcd': etcdAlerts,
  'kvstore-operator': operatorAlerts,
};

export const allAlerts: readonly Alert[] = Object.values(groups).flat();

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** As a Prometheus rules file has them under `groups`. */
export function ruleGroups(runbooks: string): RuleGroup[] {
  return Object.entries(groups).map(([name, alerts]) => ({
    name,
    rules: alerts.map((alert) => ruleOf(alert, runbooks)),
  }));
}
