import type { MemberTools } from './contract.ts';
import { grpcCode, MemberError } from './member-error.ts';
import type { EtcdNames } from './names.ts';
import type { Action } from './plan/situation.ts';

/**
 * Does one action. Whatever fails without an answer may have happened: the next reconcile observes before it plans.
 * @returns undefined, or why it cannot be done for now
 * @throws whatever else fails
 */
export async function act(action: Action, names: EtcdNames, tools: MemberTools): Promise<string | undefined> {
  switch (action.kind) {
    case 'add-learner':
      return unlessUnhealthy(() => tools.member(action.via).memberAdd(action.peerURL, true));
    case 'promote':
      return unless(grpcCode.failedPrecondition, () => tools.member(action.via).memberPromote(action.id));
    case 'remove-member':
      return unlessUnhealthy(() => tools.member(action.via).memberRemove(action.id));
    case 'move-leader':
      await tools.member(action.via).moveLeader(action.id);
      return undefined;
    case 'delete-pod':
      await tools.deletePod(names.namespace, action.name, action.uid);
      return undefined;
    case 'delete-claim':
      await tools.deleteClaim(names.namespace, action.name, action.uid);
      return undefined;
    case 'resize-claim':
      return resize(action, names, tools);
    case 'compact':
      // Already compacted up to there: as wanted.
      await unless(grpcCode.outOfRange, () => tools.member(action.via).compact(action.revision));
      return undefined;
    case 'defragment':
      await tools.member(action.via).defragment();
      return undefined;
    case 'disarm':
      await tools.member(action.via).disarm('NOSPACE', action.id);
      return undefined;
    case 'change-access':
      return changeAccess(action, tools);
  }
}

async function unless(code: number, call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof MemberError && error.code === code) return error.message;
    throw error;
  }
}

/**
 * etcd changes its membership only when every voter has been connected to the leader for 5 s
 * (etcd's HealthInterval): to be waited for, not a failure to back off from.
 */
function unlessUnhealthy(call: () => Promise<unknown>): Promise<string | undefined> {
  return unless(grpcCode.unavailable, call);
}

/** What a member refuses is a fact to report: the rest of the etcd goes on. Done in part, the next reconcile goes on. */
async function changeAccess(
  { via, changes }: Extract<Action, { kind: 'change-access' }>,
  tools: MemberTools,
): Promise<string | undefined> {
  try {
    for (const change of changes) await tools.member(via).changeAccess(change);
    return undefined;
  } catch (error) {
    if (error instanceof MemberError) return error.message;
    throw error;
  }
}

/** The API server refuses a class that cannot grow: a fact to report, not a failure to retry at once. */
async function resize(
  { name, uid, size }: Extract<Action, { kind: 'resize-claim' }>,
  { namespace }: EtcdNames,
  tools: MemberTools,
): Promise<string | undefined> {
  try {
    await tools.resizeClaim(namespace, name, uid, size);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
