/** Every step that the world can take from a state. */
import { etcdSteps } from './etcd-steps.ts';
import { raisedFloor } from './property.ts';
import { replicaSteps } from './replica-steps.ts';
import type { Rules } from './rules.ts';
import type { Step } from './step.ts';
import { timeSteps } from './time-steps.ts';
import type { Scope, World } from './world.ts';

export function steps(world: World, scope: Scope, rules: Rules): Step[] {
  const found = [
    ...etcdSteps(world, scope, rules),
    ...replicaSteps(world, scope, rules),
    ...timeSteps(world, scope, rules),
  ];
  return found.map((step) => {
    const floor = raisedFloor(step.world, rules);
    return floor === step.world.floor ? step : { ...step, world: { ...step.world, floor } };
  });
}
