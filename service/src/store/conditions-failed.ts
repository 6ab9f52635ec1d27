/** Conditions of writes: whether they hold, and the problem of those of a transaction that do not. */
import { Problem } from '@kvstore/core/problem.ts';
import type { Condition, KeyCondition, Version } from './store.ts';

/** Keys that the message names. */
const named = 3;

/** Problem `precondition-failed`: nothing was written. */
export class ConditionsFailed extends Problem {
  /** The keys whose conditions do not hold, with their present versions; undefined: there is no such key. */
  readonly present: ReadonlyMap<string, Version | undefined>;

  constructor(present: ConditionsFailed['present']) {
    const names = [...present.keys()].slice(0, named).map((key) => JSON.stringify(key));
    const more = present.size > named ? [`${present.size - named} more`] : [];
    const whose = `condition${present.size === 1 ? '' : 's'} of ${[...names, ...more].join(', ')}`;
    super('precondition-failed', `The ${whose} ${present.size === 1 ? 'does' : 'do'} not hold: nothing was written.`);
    this.present = present;
  }
}

/** What the condition of a set or a deletion asks of each of its keys. */
export function keyCondition({ absent, version }: Condition): KeyCondition {
  if (absent) return 'absent';
  return version === 'any' ? 'exists' : (version ?? 'never');
}

/** `revision`: of the key, which is on the timeline; undefined: there is no such key. */
export function holds(condition: KeyCondition, revision: number | undefined, timeline: string): boolean {
  if (condition === 'never') return false;
  if (condition === 'absent') return revision === undefined;
  if (condition === 'exists') return revision !== undefined;
  return condition.timeline === timeline && condition.revision === revision;
}
