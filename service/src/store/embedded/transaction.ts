/** What transactions and increments change, inside a transaction of the index. What they read is read before anything is written. */
import { Problem } from '@kvstore/core/problem.ts';
import { ConditionsFailed, holds } from '../conditions-failed.ts';
import type { IndexWriter } from '../index/index-writer.ts';
import type { Change, TransactionParts, Version } from '../store.ts';
import { Sums } from '../sums.ts';

/** The revision that the changes get, and the timeline that it is on. */
export interface Stamp {
  readonly timeline: string;
  readonly revision: number;
}

/** `expires`: of the pairs. Throws Problem `data-corrupted`; a Problem that is returned is ConditionsFailed. */
export function transactionChanges(
  writer: IndexWriter,
  { conditions, pairs, deletes }: TransactionParts,
  expires: number | undefined,
  { timeline, revision }: Stamp,
): Change[] | Problem {
  const failed = new Map<string, Version | undefined>();
  for (const [key, condition] of conditions) {
    const version = writer.get(key)?.version;
    if (holds(condition, version, timeline)) continue;
    failed.set(key, version === undefined ? undefined : { timeline, revision: version });
  }
  if (failed.size > 0) return new ConditionsFailed(failed);
  const changes: Change[] = [];
  for (const { key, value } of pairs) changes.push(put(writer, { key, value, revision }, expires));
  for (const key of deletes) {
    if (!writer.has(key)) continue;
    writer.remove(key);
    changes.push({ key, value: undefined, revision });
  }
  return changes;
}

/** Throws Problem `data-corrupted`; a Problem that is returned is one of Sums. */
export function incrementChanges(
  writer: IndexWriter,
  amounts: ReadonlyMap<string, bigint>,
  { revision }: Stamp,
): { readonly changes: Change[]; readonly sums: ReadonlyMap<string, bigint> } | Problem {
  const before = new Map([...amounts.keys()].map((key) => [key, writer.get(key)?.value]));
  const sums = new Sums((key) => before.get(key)).add(amounts);
  if (sums instanceof Problem) return sums;
  const changes: Change[] = [];
  for (const [key, sum] of sums) {
    // Its deadline stays; one that has passed is of a value that is gone.
    const expires = before.get(key) === undefined ? undefined : writer.expires(key);
    changes.push(put(writer, { key, value: String(sum), revision }, expires));
  }
  return { changes, sums };
}

/** Puts the pair, and returns the change that it is. */
export function put(
  writer: IndexWriter,
  change: Change & { readonly value: string },
  expires: number | undefined,
): Change {
  const { key, value, revision } = change;
  writer.put(key, value, revision, expires);
  return expires === undefined ? change : { ...change, expires };
}
