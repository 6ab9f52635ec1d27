/** One request's write to the embedded store, inside a transaction that many share. */
import { Problem } from '@kvstore/core/problem.ts';
import { holds, keyCondition } from '../conditions-failed.ts';
import type { IndexWriter } from '../index/index-writer.ts';
import type { Span } from '../spans.ts';
import type { Change, Condition, Deletion, Incremented, Pair, Revision, TransactionParts, Version } from '../store.ts';
import { incrementChanges, put, type Stamp, transactionChanges } from './transaction.ts';

/** `sums`: of an increment. */
export type Applied = Deletion & Partial<Incremented>;

type Removal =
  | { readonly kind: 'delete'; readonly keys: readonly string[]; readonly condition: Condition | undefined }
  /** Removes those of the keys whose time is over. */
  | { readonly kind: 'expire'; readonly keys: readonly string[] };

type Work =
  | {
      readonly kind: 'set';
      readonly pairs: readonly Pair[];
      readonly expires: number | undefined;
      readonly condition: Condition | undefined;
    }
  | { readonly kind: 'transaction'; readonly parts: TransactionParts; readonly expires: number | undefined }
  | { readonly kind: 'increment'; readonly amounts: ReadonlyMap<string, bigint> }
  | Removal;

export interface Write {
  readonly work: Work;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (problem: Problem) => void;
  /** Of the request, when it is sampled. */
  readonly span: Span | undefined;
}

/** Where a transaction begins: at revision `before` of the timeline. */
export interface Place {
  readonly timeline: string;
  readonly before: number;
}

/**
 * Writes, and adds what changed to `revisions`: nothing when nothing changed. A condition that does not hold is an answer, not an error of the transaction.
 */
export function applyWrite(
  writer: IndexWriter,
  work: Work,
  { timeline, before }: Place,
  revisions: Revision[],
): Applied | Problem {
  const current = before + revisions.length;
  const revision = current + 1;
  if (work.kind === 'set') {
    const { pairs, expires, condition } = work;
    if (condition !== undefined) {
      const keys = pairs.map(({ key }) => key);
      const problem = refused(() => broken(writer, keys, condition, timeline));
      if (problem !== undefined) return problem;
    }
    const changes: Change[] = [];
    for (const { key, value } of pairs) changes.push(put(writer, { key, value, revision }, expires));
    revisions.push({ revision, changes });
    return { timeline, revision, deleted: 0 };
  }
  if (work.kind === 'increment') {
    const done = refused(() => incrementChanges(writer, work.amounts, { timeline, revision }));
    if (done instanceof Problem) return done;
    revisions.push({ revision, changes: done.changes });
    return { timeline, revision, deleted: 0, sums: done.sums };
  }
  const changes =
    work.kind === 'transaction'
      ? refused(() => transactionChanges(writer, work.parts, work.expires, { timeline, revision }))
      : removed(writer, work, { timeline, revision });
  if (changes instanceof Problem) return changes;
  if (changes.length === 0) return { timeline, revision: current, deleted: 0, overwritten: 0 };
  revisions.push({ revision, changes });
  const deleted = changes.reduce((count, { value }) => (value === undefined ? count + 1 : count), 0);
  return { timeline, revision, deleted };
}

function removed(writer: IndexWriter, work: Removal, { timeline, revision }: Stamp): Change[] | Problem {
  if (work.kind === 'delete') {
    const problem = refused(() => broken(writer, work.keys, work.condition, timeline));
    if (problem !== undefined) return problem;
  }
  const changes: Change[] = [];
  for (const key of new Set(work.keys)) {
    const gone = work.kind === 'delete' ? writer.has(key) : writer.hasExpired(key);
    if (!gone) continue;
    writer.remove(key);
    changes.push({ key, value: undefined, revision });
  }
  return changes;
}

/** A pair that cannot be read is the affair of the write that has to know it, not of those that share its transaction. */
function refused<T>(look: () => T): T | Problem {
  try {
    return look();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function broken(
  writer: IndexWriter,
  keys: readonly string[],
  condition: Condition | undefined,
  timeline: string,
): Problem | undefined {
  if (condition === undefined) return undefined;
  const { version } = condition;
  const each = keyCondition(condition);
  for (const key of keys) {
    const present = writer.get(key)?.version;
    if (typeof version === 'object' && version.timeline !== timeline) return otherTimelineFailed(version, timeline);
    if (!holds(each, present, timeline)) return preconditionFailed(key, condition);
  }
  return undefined;
}

/** The problem of a condition that the key does not meet. */
export function preconditionFailed(key: string, { absent, version }: Condition): Problem {
  const name = JSON.stringify(key);
  if (absent) return new Problem('precondition-failed', `The key ${name} exists already: nothing was written.`);
  const wanted =
    version === 'any' || version === undefined
      ? 'does not exist'
      : `does not have version ${version.timeline}-${version.revision}`;
  return new Problem('precondition-failed', `The key ${name} ${wanted}: nothing was written.`);
}

/** The problem of a condition that asks for a version of another timeline than the store's. */
export function otherTimelineFailed(version: Version, timeline: string): Problem {
  const theirs = `Version ${version.timeline}-${version.revision} is of another history of this store`;
  return new Problem(
    'precondition-failed',
    `${theirs}, which is on timeline ${timeline} now: nothing was written. Read the key again.`,
  );
}
