/** A learner on its way: from MemberAdd to voter. */
import { type MemberState, withMember } from '../state.ts';
import { askers, leaderOf, type MemberSeat, type QuorumSituation, type Rule, type Step } from './situation.ts';

/** A pod that starts this often in vain is given up. */
const manyRestarts = 5;
/** A learner is given up, and made anew, with the pod after these. It has no vote to lose. */
const manyPods = 2;

const reason = 'EtcdAddingMember';

export const bringUpLearner: Rule<QuorumSituation> = (situation) => {
  const { names, wanted, state, members, via } = situation;
  const learner = members.find(({ member }) => member.isLearner);
  if (learner === undefined) return undefined;
  const { ordinal, member, pod, claim } = learner;
  const name = names.pod(ordinal);
  if (ordinal >= wanted.members) {
    const action = { kind: 'remove-member', ask: askers(situation), id: member.id } as const;
    return { action, reason: 'EtcdRemovingMember', message: `the learner ${name} is not wanted any more` };
  }
  const known = state.members[ordinal];
  if (known?.id !== member.id) {
    const opened = {
      gate: 'join',
      id: member.id,
      ...(claim === undefined ? {} : { claim: claim.uid }),
      initialCluster: members.map((seat) => `${names.pod(seat.ordinal)}=${names.peerURL(seat.ordinal)}`).join(','),
      ...(pod === undefined ? {} : { stalePods: [pod.uid] }),
    } as const;
    return { state: withMember(state, ordinal, opened), reason, message: `${name} may join as a learner` };
  }
  if (learner.answers) {
    // record has closed the gate by now: a voter's gate is never open, nor does one become a voter while it is.
    if (known.gate !== 'closed') return { reason, message: `${name} runs; its volume is not seen yet` };
    // By the leader: another member forwards the call without its user, and a leader with authentication refuses it.
    const leader = leaderOf(members)?.pod?.name ?? via;
    return {
      action: { kind: 'promote', via: leader, id: member.id },
      reason,
      message: `${name} becomes a voter once it is in sync`,
    };
  }
  return startLearner(situation, learner, known);
};

/**
 * What the learner's own pod shows: one that is being deleted, or was there before the gate opened, shows nothing about
 * the learner.
 */
function startLearner(situation: QuorumSituation, { ordinal, member, pod }: MemberSeat, known: MemberState): Step {
  const { names, state } = situation;
  const name = names.pod(ordinal);
  const stalePods = known.stalePods ?? [];
  const starts = { reason, message: `the learner ${name} starts` };
  if (pod === undefined || pod.terminating) return starts;
  if (stalePods.includes(pod.uid)) {
    const action = { kind: 'delete-pod', name: pod.name, uid: pod.uid } as const;
    return { action, reason, message: `${name} is restarted with the configuration that lets it join` };
  }
  if (pod.restarts < manyRestarts) {
    return pod.trouble === undefined
      ? starts
      : { reason, message: `the learner ${name} does not start; ${pod.trouble}`, degraded: true };
  }
  if (stalePods.length < manyPods) {
    const next = withMember(state, ordinal, { ...known, stalePods: [...stalePods, pod.uid] });
    return {
      state: next,
      reason,
      message: `the learner ${name} does not come up and gets another pod`,
      degraded: true,
    };
  }
  const action = { kind: 'remove-member', ask: askers(situation), id: member.id } as const;
  return { action, reason, message: `the learner ${name} does not come up and is made anew`, degraded: true };
}
