/** What conditions ask of etcd: what its transaction compares, and what the answer says when that does not hold. */
import type { Problem } from '@kvstore/core/problem.ts';
import { ConditionsFailed, keyCondition } from '../../conditions-failed.ts';
import { otherTimelineFailed, preconditionFailed } from '../../embedded/write.ts';
import type { Condition, KeyCondition, Version } from '../../store.ts';
import type { Layout } from '../layout.ts';
import type { Compare, KeyValue, RequestOp } from '../wire/messages.ts';
import { deadlineOf } from './lease-id.ts';

/** What a write asks of keys, written or not. */
export interface Requirement {
  readonly conditions: ReadonlyMap<string, KeyCondition>;
  /** The problem when some do not hold; with the present versions, of the timeline. */
  readonly problem: (failed: ReadonlyMap<string, Version | undefined>, timeline: string) => Problem;
}

/** The condition of all keys of a set or a deletion. */
export function requirementOf(keys: Iterable<string>, condition: Condition): Requirement {
  const { version } = condition;
  const each = keyCondition(condition);
  return {
    conditions: new Map([...keys].map((key) => [key, each])),
    problem(failed, timeline) {
      if (typeof version === 'object' && version.timeline !== timeline) return otherTimelineFailed(version, timeline);
      const [first = ''] = failed.keys();
      return preconditionFailed(first, condition);
    },
  };
}

/** The conditions of a transaction. */
export function requirement(conditions: Requirement['conditions']): Requirement {
  return { conditions, problem: (failed) => new ConditionsFailed(failed) };
}

/** What the index knows when the transaction is made. */
export interface KnownState {
  readonly timeline: string;
  /** The revision of the newest write; 0: there is none. */
  readonly newest: number;
  /** Of keys that have expired but are in etcd still: their versions. */
  readonly expired: ReadonlyMap<string, number>;
}

export function comparisons(
  layout: Layout,
  conditions: Requirement['conditions'],
  { timeline, newest, expired }: KnownState,
): Compare[] {
  const all: Compare[] = [];
  for (const [key, condition] of conditions) {
    const [result, mod_revision] = comparison(condition, expired.get(key) ?? 0, timeline);
    all.push({ key: layout.encode(key), result, mod_revision });
  }
  // What the index knows means nothing in an etcd that has less: it was put back to an earlier state.
  if (newest > 0) all.push({ key: layout.head, result: 'GREATER', mod_revision: newest - 1 });
  return all;
}

/** The head key, and the keys that are compared: the answer says what is in the way. */
export function looks(layout: Layout, conditions: Requirement['conditions']): RequestOp[] {
  const looked = [layout.head, ...[...conditions.keys()].map((key) => layout.encode(key))];
  return looked.map((key) => ({ request_range: { key, keys_only: true } }));
}

/** `expired`: the version at which the key counts as absent, 0 for none. */
function comparison(condition: KeyCondition, expired: number, timeline: string): ['EQUAL' | 'GREATER', number] {
  if (condition === 'absent') return ['EQUAL', expired];
  if (condition === 'exists') return ['GREATER', expired];
  // No version is -1.
  if (condition === 'never' || condition.timeline !== timeline) return ['EQUAL', -1];
  const { revision } = condition;
  return ['EQUAL', revision === 0 || revision === expired ? -1 : revision];
}

export function isExpired({ lease }: KeyValue, now: number): boolean {
  const deadline = deadlineOf(lease);
  return deadline !== undefined && deadline <= now;
}
