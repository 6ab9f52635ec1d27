import type { MemberClient, MemberTools } from './contract.ts';
import { answered, grpcCode } from './members/error.ts';
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
      return askInTurn(action.ask, tools, (member) => member.memberAdd(action.peerURL, true));
    case 'promote':
      return unless(grpcCode.failedPrecondition, () => tools.member(action.via).memberPromote(action.id));
    case 'remove-member':
      return askInTurn(action.ask, tools, (member) => member.memberRemove(action.id));
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
    if (answered(error) && error.code === code) return error.message;
    throw error;
  }
}

/**
 * Asks members for a change of membership until one agrees. A member agrees only when it has been connected to every
 * voter for 5 s (etcd's HealthInterval), by its own view: that all refuse is to be waited for, not a failure to back off
 * from. Asking again is safe where an answer was lost: a change that has been made is refused as such.
 * @returns undefined, or what each of them said
 * @throws when none was even reached
 */
async function askInTurn(
  ask: readonly string[],
  tools: MemberTools,
  change: (member: MemberClient) => Promise<unknown>,
): Promise<string | undefined> {
  const refusals: string[] = [];
  let failure: unknown;
  for (const name of ask) {
    try {
      await change(tools.member(name));
      return undefined;
    } catch (error) {
      if (answered(error) && made.test(error.message)) return undefined;
      if (answered(error) && error.code === grpcCode.unavailable) refusals.push(`${name}: ${error.message}`);
      else failure = error;
    }
  }
  if (refusals.length === 0) throw failure;
  return refusals.join(', ');
}

/** How etcd refuses what it has done before. */
const made = /Peer URLs already exists|member not found/i;

/** What a member refuses is a fact to report: the rest of the etcd goes on. Done in part, the next reconcile goes on. */
async function changeAccess(
  { via, changes }: Extract<Action, { kind: 'change-access' }>,
  tools: MemberTools,
): Promise<string | undefined> {
  try {
    for (const change of changes) await tools.member(via).changeAccess(change);
    return undefined;
  } catch (error) {
    if (answered(error)) return error.message;
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
