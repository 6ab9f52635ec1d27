/** The way to a state: the exploration keeps only hashes, so its steps are taken once more. */
import { fingerprint } from '../world/fingerprint.ts';
import type { Rules } from '../world/rules.ts';
import type { Step } from '../world/step.ts';
import { steps } from '../world/steps.ts';
import { firstWorld, type Scope } from '../world/world.ts';
import type { Seen } from './seen.ts';

/** The labels of the steps from the first state to the given one. */
export function traceTo(seen: Seen, number: number, scope: Scope, rules: Rules): string[] {
  const labels: string[] = [];
  let world = firstWorld(scope);
  for (const at of seen.pathTo(number).slice(1)) {
    const step: Step | undefined = steps(world, scope, rules).find((next) =>
      seen.has(at, fingerprint(next.world, scope)),
    );
    if (step === undefined) throw new Error(`No step leads to state ${at}: two states have the same hash.`);
    labels.push(step.label());
    world = step.world;
  }
  return labels;
}
