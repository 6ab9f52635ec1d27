/** Every scenario. What changes the whole cluster comes last. */
import type { Scenario } from '../scenario.ts';
import { etcdScenarios } from './etcd.ts';
import { machineScenarios } from './machine.ts';
import { operatorScenarios } from './operator.ts';
import { serviceScenarios } from './service.ts';

export const allScenarios: readonly Scenario[] = [
  ...etcdScenarios,
  ...machineScenarios,
  ...serviceScenarios,
  ...operatorScenarios,
];
