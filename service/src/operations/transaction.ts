/** POST /transaction: sets and deletes on conditions, all or nothing. */
import { Problem } from '@kvstore/core/problem.ts';
import { jsonAnswer, type TextAnswer } from '../answers/answer.ts';
import { versionTag, writtenTag } from '../answers/entity-tag.ts';
import type { TransactionRequest } from '../requests/transactions.ts';
import { ConditionsFailed } from '../store/conditions-failed.ts';
import type { Store } from '../store/store.ts';

/** Rejects with the Problems of Store.transact; that of conditions names the keys, with their entity tags. */
export type RunTransaction = (request: TransactionRequest) => Promise<TextAnswer>;

export function runTransaction(store: Store): RunTransaction {
  return async ({ parts }) => {
    try {
      const done = await store.transact(parts);
      return jsonAnswer(JSON.stringify({ set: parts.pairs.length, deleted: done.deleted }), writtenTag(done));
    } catch (error) {
      throw error instanceof ConditionsFailed ? withTags(error) : error;
    }
  };
}

function withTags({ message, present }: ConditionsFailed): Problem {
  const tags = [...present].map(([key, version]) => {
    return [key, version === undefined ? null : versionTag(version.timeline, version.revision)] as const;
  });
  return new Problem('precondition-failed', message, { members: { failed: Object.fromEntries(tags) } });
}
