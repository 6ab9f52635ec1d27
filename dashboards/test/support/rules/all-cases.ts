/** For every alert: series that make it fire, and series that must not. */
import { etcdCases } from './etcd-cases.ts';
import { objectiveCases } from './objective-cases.ts';
import { operatorCases } from './operator-cases.ts';
import type { RuleCase } from './series.ts';
import { serviceCases } from './service-cases.ts';

export const ruleCases: Readonly<Record<string, RuleCase>> = {
  ...objectiveCases,
  ...serviceCases,
  ...etcdCases,
  ...operatorCases,
};
