/** What a condition asks of etcd: what its transaction compares, and what the answer says when that does not hold. */
import type { Condition } from '../../store.ts';
import type { Layout } from '../layout.ts';
import type { Compare, KeyValue, RequestOp } from '../wire/messages.ts';
import { deadlineOf } from './lease-id.ts';

/** What the index knows when the transaction is made. */
export interface KnownState {
  /** The revision of the newest write; 0: there is none. */
  readonly newest: number;
  /** Of keys that have expired but are in etcd still: their versions. */
  readonly expired: ReadonlyMap<string, number>;
}

export function comparisons(
  layout: Layout,
  keys: readonly string[],
  condition: Condition,
  { newest, expired }: KnownState,
): Compare[] {
  const all = keys.map((key) => comparison(layout.encode(key), condition, expired.get(key) ?? 0));
  // What the index knows means nothing in an etcd that has less: it was put back to an earlier state.
  if (newest > 0) all.push({ key: layout.head, result: 'GREATER', mod_revision: newest - 1 });
  return all;
}

/**
 * The head key, and the keys that must not exist: the answer says what is in their way. Of the other conditions there is
 * no more to know.
 */
export function looks(layout: Layout, keys: readonly string[], { absent }: Condition): RequestOp[] {
  const looked = [layout.head, ...(absent ? keys.map((key) => layout.encode(key)) : [])];
  return looked.map((key) => ({ request_range: { key, keys_only: true } }));
}

/** `expired`: the version at which the key counts as absent, 0 for none. */
function comparison(key: Buffer, { absent, version }: Condition, expired: number): Compare {
  if (absent) return { key, result: 'EQUAL', mod_revision: expired };
  if (version === 'any') return { key, result: 'GREATER', mod_revision: expired };
  // No version is -1.
  const revision = version?.revision ?? 0;
  return { key, result: 'EQUAL', mod_revision: revision === 0 || revision === expired ? -1 : revision };
}

export function isExpired({ lease }: KeyValue, now: number): boolean {
  const deadline = deadlineOf(lease);
  return deadline !== undefined && deadline <= now;
}
