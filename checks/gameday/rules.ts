/** The project's rules, with long waits cut short so that a game day ends on the same day. */

import { type RuleGroup, ruleGroups } from '../../dashboards/src/alerts/all.ts';
import { defaults, type Numbers } from '../../dashboards/src/alerts/thresholds.ts';
import { defaultLinks } from '../../dashboards/src/links.ts';

/** So many seconds for a backup that was never due, in place of eight days: the documented way to set a threshold. */
export const backupAgeSeconds = 60;

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a duration of Prometheus, such as 1h30m. Throws Error for anything else. */
export function secondsOf(duration: string): number {
  if (!/^(\d+[smhd])+$/.test(duration)) throw new Error(`Not a duration: ${duration}`);
  return [...duration.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0),
    0,
  );
}

/**
 * All rules as Prometheus reads them, every group evaluated at Prometheus's own interval.
 * @param longestWait seconds; an alert that waits for longer waits for that long
 */
export function gameDayRules(longestWait: number): { readonly groups: readonly RuleGroup[] } {
  const numbers: Numbers = { ...defaults, backupAgeSeconds };
  const groups = ruleGroups(defaultLinks, numbers).map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) =>
      'alert' in rule ? { ...rule, for: `${Math.min(secondsOf(rule.for), longestWait)}s` } : rule,
    ),
  }));
  return { groups };
}

/** Seconds that the product's rule waits. Throws Error when there is no such alert. */
export function productWait(alert: string): number {
  const rule = ruleGroups()
    .flatMap(({ rules }) => rules)
    .find((each) => 'alert' in each && each.alert === alert);
  if (rule === undefined || !('alert' in rule)) throw new Error(`There is no alert ${alert}`);
  return secondsOf(rule.for);
}
