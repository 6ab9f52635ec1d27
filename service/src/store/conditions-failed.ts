/** Conditions of a transaction that do not hold. */
import { Problem } from '@kvstore/core/problem.ts';
import type { KeyCondition, Version } from './store.ts';

/** Problem `precondition-failed`: nothing was written. */
export class ConditionsFailed extends Problem {
  /** The keys whose conditions do not hold, with their present versions; undefined: there is no such key. */
  readonly present: ReadonlyMap<string, Version | undefined>;

  constructor(present: ConditionsFailed['present']) {
    const [first = ''] = present.keys();
    const whose =
      present.size === 1 ? `condition of ${JSON.stringify(first)} does` : `conditions of ${present.size} keys do`;
    super('precondition-failed', `The ${whose} not hold: nothing was written.`);
    this.present = present;
  }
}

/** `revision`: of the key, which is on the timeline; undefined: there is no such key. */
export function holds(condition: KeyCondition, revision: number | undefined, timeline: string): boolean {
  if (condition === 'never') return false;
  if (condition === 'absent') return revision === undefined;
  if (condition === 'exists') return revision !== undefined;
  return condition.timeline === timeline && condition.revision === revision;
}
