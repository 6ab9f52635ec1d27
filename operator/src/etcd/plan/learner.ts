/** A learner on its way: from MemberAdd to voter. */
import { withMember } from '../state.ts';
import { leaderOf, type QuorumSituation, type Rule } from './situation.ts';

/** A learner that starts this often in vain is given up and made anew: it has no vote to lose. */
const manyRestarts = 5;

export const bringUpLearner: Rule<QuorumSituation> = ({ names, wanted, state, members, via }) => {
  const learner = members.find(({ member }) => member.isLearner);
  if (learner === undefined) return undefined;
  const { ordinal, member, pod, claim } = learner;
  const name = names.pod(ordinal);
  const reason = 'EtcdAddingMember';
  const remove = { kind: 'remove-member', via, id: member.id } as const;
  if (ordinal >= wanted.members) {
    return { action: remove, reason: 'EtcdRemovingMember', message: `the learner ${name} is not wanted any more` };
  }
  const known = state.members[ordinal];
  if (known?.id !== member.id) {
    const opened = {
      gate: 'join',
      id: member.id,
      ...(claim === undefined ? {} : { claim: claim.uid }),
      initialCluster: members.map((seat) => `${names.pod(seat.ordinal)}=${names.peerURL(seat.ordinal)}`).join(','),
      ...(pod === undefined ? {} : { stalePod: pod.uid }),
    } as const;
    return { state: withMember(state, ordinal, opened), reason, message: `${name} may join as a learner` };
  }
  if (learner.answers) {
    // record has closed the gate by now: a voter's gate is never open, nor does one become a voter while it is.
    if (known.gate !== 'closed') return { reason, message: `${name} runs; its volume is not seen yet` };
    // By the leader: another member passes the call on without who asked, and a leader that tells users apart refuses it.
    const leader = leaderOf(members)?.pod?.name ?? via;
    return {
      action: { kind: 'promote', via: leader, id: member.id },
      reason,
      message: `${name} becomes a voter once it is in sync`,
    };
  }
  if (pod !== undefined && !pod.terminating && pod.uid === known.stalePod) {
    const action = { kind: 'delete-pod', name: pod.name, uid: pod.uid } as const;
    return { action, reason, message: `${name} is restarted with the configuration that lets it join` };
  }
  if ((pod?.restarts ?? 0) >= manyRestarts) {
    return { action: remove, reason, message: `the learner ${name} does not come up and is made anew`, degraded: true };
  }
  return { reason, message: `the learner ${name} starts` };
};
