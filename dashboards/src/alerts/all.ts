/** Every alert and recording rule, in groups that are evaluated together. */
import { defaultLinks, type Links } from '../links.ts';
import { type Alert, type AlertingRule, ruleOf } from './alert.ts';
import { burnRateAlerts } from './burn-rate.ts';
import { etcdAlerts } from './etcd-alerts.ts';
import { operatorAlerts } from './operator-alerts.ts';
import { budgetRecords, objectiveRecords, type RecordingRule } from './recording.ts';
import { serviceAlerts } from './service-alerts.ts';
import { defaults, type Numbers } from './thresholds.ts';

interface Group {
  readonly name: string;
  /** Prometheus's own default where it is not there. */
  readonly interval?: string;
  /** Evaluated in this order, before the alerts that read them. */
  readonly records: readonly RecordingRule[];
  readonly alerts: readonly Alert[];
}

function groupsOf(numbers: Numbers): readonly Group[] {
  return [
    { name: 'kvstore-objectives', records: objectiveRecords, alerts: burnRateAlerts(numbers) },
    // 30 days of samples: read every five minutes, not every time.
    { name: 'kvstore-budgets', interval: '5m', records: budgetRecords(numbers), alerts: [] },
    { name: 'kvstore-service', records: [], alerts: serviceAlerts(numbers) },
    { name: 'kvstore-etcd', records: [], alerts: etcdAlerts(numbers) },
    { name: 'kvstore-operator', records: [], alerts: operatorAlerts(numbers) },
  ];
}

export function alertsWith(numbers: Numbers): readonly Alert[] {
  return groupsOf(numbers).flatMap(({ alerts }) => alerts);
}

/** With the default thresholds. */
export const allAlerts = alertsWith(defaults);
export const allRecords: readonly RecordingRule[] = groupsOf(defaults).flatMap(({ records }) => records);

export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** As a Prometheus rules file has them under `groups`. */
export function ruleGroups(links: Links = defaultLinks, numbers: Numbers = defaults): RuleGroup[] {
  return groupsOf(numbers).map(({ records, alerts, ...group }) => ({
    ...group,
    rules: [...records, ...alerts.map((alert) => ruleOf(alert, links))],
  }));
}
