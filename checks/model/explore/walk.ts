/** Random ways through a scope that is too large to be exhausted: all subjects at once. */
import { seededRandom } from '../../../test-support/seeded-random.ts';
import { violation } from '../world/property.ts';
import type { Rules } from '../world/rules.ts';
import { steps } from '../world/steps.ts';
import { firstWorld, type Scope } from '../world/world.ts';

export interface WalkOptions {
  readonly scope: Scope;
  readonly rules: Rules;
  readonly seed: number;
  readonly walks: number;
  /** Steps of each walk at most; it ends before when no step is left. */
  readonly length: number;
}

export interface WalkResult {
  /** Steps that were taken. */
  readonly taken: number;
  readonly fault: { readonly message: string; readonly trace: readonly string[] } | undefined;
}

export function walk({ scope, rules, seed, walks, length }: WalkOptions): WalkResult {
  const random = seededRandom(seed);
  let taken = 0;
  for (let i = 0; i < walks; i++) {
    let world = firstWorld(scope);
    const trace: string[] = [];
    for (let at = 0; at < length; at++) {
      const next = steps(world, scope, rules);
      const step = next[Math.floor(random() * next.length)];
      if (step === undefined) break;
      taken++;
      world = step.world;
      trace.push(step.label());
      const message = violation(world, rules);
      if (message !== undefined) return { taken, fault: { message, trace } };
    }
  }
  return { taken, fault: undefined };
}
