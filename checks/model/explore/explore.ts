/** Breadth-first exploration of every interleaving within a scope: a violation found is one of the shortest. */
import { fingerprint } from '../world/fingerprint.ts';
import { violation } from '../world/property.ts';
import type { Rules } from '../world/rules.ts';
import { steps } from '../world/steps.ts';
import { firstWorld, type Scope, type World } from '../world/world.ts';
import { Progress } from './progress.ts';
import { Seen } from './seen.ts';
import { traceTo } from './trace.ts';

export interface Bounds {
  /** States at most. */
  readonly states: number;
  /** Milliseconds at most. */
  readonly time: number;
}

export interface Result {
  readonly states: number;
  /** Steps of the longest shortest way to a state. */
  readonly depth: number;
  /** False: a bound was reached first. */
  readonly isExhausted: boolean;
  /** What is wrong, and the steps that lead to it; undefined: nothing is, as far as was explored. */
  readonly fault: { readonly message: string; readonly trace: readonly string[] } | undefined;
}

interface Frontier {
  readonly world: World;
  readonly number: number;
}

export interface ExploreOptions {
  readonly scope: Scope;
  readonly rules: Rules;
  readonly bounds: Bounds;
  /** Also: from every state, what is under way can come to its end by steps that are due. It takes more memory. */
  readonly mayStall?: boolean;
}

export function explore({ scope, rules, bounds, mayStall = false }: ExploreOptions): Result {
  const seen = new Seen();
  const progress = mayStall ? new Progress() : undefined;
  const until = performance.now() + bounds.time;
  const first = firstWorld(scope);
  seen.add(fingerprint(first, scope), -1);
  progress?.add(0, first);
  let depth = 0;
  const end = (isExhausted: boolean, message?: string, number = 0): Result => {
    const trace = () => traceTo(seen, number, scope, rules);
    const fault = message === undefined ? undefined : { message, trace: trace() };
    return { states: seen.count, depth, isExhausted, fault };
  };
  for (let frontier: Frontier[] = [{ world: first, number: 0 }]; frontier.length > 0; depth++) {
    const next: Frontier[] = [];
    for (const { world, number } of frontier) {
      if (seen.count >= bounds.states || performance.now() > until) return end(false);
      for (const step of steps(world, scope, rules)) {
        const count = seen.count;
        const reached = seen.add(fingerprint(step.world, scope), number);
        if (step.isDue) progress?.leads(number, reached);
        if (reached < count) continue;
        const message = violation(step.world, rules);
        if (message !== undefined) return end(false, message, reached);
        progress?.add(reached, step.world);
        next.push({ world: step.world, number: reached });
      }
    }
    frontier = next;
  }
  const stalled = progress?.stalled();
  return stalled === undefined ? end(true) : end(true, 'what is under way can never come to its end', stalled);
}
