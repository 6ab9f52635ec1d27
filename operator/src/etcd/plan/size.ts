/** From the members there are to the members wanted, one at a time. All members are ready here, and none is a learner. */
import type { Seat } from '../observe.ts';
import { replicasOf, withMember } from '../state.ts';
import { askers, canLeave, healthy, leaderOf, type QuorumSituation, type Rule, type Step } from './situation.ts';

/** Adds the lowest ordinal that is missing, on an empty volume. */
export const grow: Rule<QuorumSituation> = (situation) => {
  const { names, wanted, state, observation, members } = situation;
  const ordinals = Array.from({ length: wanted.members }, (_, ordinal) => ordinal);
  const ordinal = ordinals.find((candidate) => !members.some((seat) => seat.ordinal === candidate));
  if (ordinal === undefined) return undefined;
  const reason = 'EtcdAddingMember';
  const seat = observation.seats.find((candidate) => candidate.ordinal === ordinal);
  const known = state.members[ordinal];
  const recorded = known?.claim;
  // A claim without a record, or of a former member, may hold old data. The list says it is no member's.
  const stale = seat?.claim !== undefined && (recorded === undefined || recorded === seat.claim.uid);
  if (stale && recorded === undefined && (known !== undefined || ordinal < replicasOf(state))) {
    // The StatefulSet makes another volume at once: without a record of this one it would look as old, and so on.
    const former = { gate: 'closed', claim: seat.claim.uid } as const;
    return { state: withMember(state, ordinal, former), reason, message: `${names.pod(ordinal)} starts over` };
  }
  if (seat?.claim?.terminating || stale) return discard(seat, reason);
  const action = { kind: 'add-learner', ask: askers(situation), peerURL: names.peerURL(ordinal) } as const;
  return { action, reason, message: `${names.pod(ordinal)} is added as a learner` };
};

/** Removes the highest ordinal, which may be the one that is not ready. */
export const shrink: Rule<QuorumSituation> = (situation) => {
  const { names, wanted, members } = situation;
  const last = members.at(-1);
  if (last === undefined || last.ordinal < wanted.members) return undefined;
  const others = members.slice(0, -1);
  if (!others.every(healthy) || !canLeave(members, last)) return undefined;
  const reason = 'EtcdRemovingMember';
  const name = names.pod(last.ordinal);
  const next = others.find(({ member }) => !member.isLearner);
  if (leaderOf(members) === last && next !== undefined) {
    const action = { kind: 'move-leader', via: name, id: next.member.id } as const;
    return { action, reason, message: `${name} hands over leadership before it is removed` };
  }
  const action = { kind: 'remove-member', ask: askers(situation, last), id: last.member.id } as const;
  return { action, reason, message: `${name} is removed` };
};

/** The volumes of members that were removed go, so that a later growth starts empty. The StatefulSet ends their pods. */
export const discardLeftovers: Rule<QuorumSituation> = ({ names, state, observation, members }) => {
  const left = observation.seats.find(
    ({ ordinal }) => ordinal >= replicasOf(state) && !members.some((seat) => seat.ordinal === ordinal),
  );
  if (left === undefined) return undefined;
  const reason = 'EtcdRemovingMember';
  if (left.pod !== undefined) return { reason, message: `the pod of former member ${names.pod(left.ordinal)} ends` };
  return discard(left, reason);
};

/** The claim first; it only goes once no pod uses it. */
function discard({ ordinal, claim, pod }: Seat, reason: string): Step {
  const message = `the volume of former member ${ordinal} is discarded`;
  if (claim !== undefined && !claim.terminating) {
    return { action: { kind: 'delete-claim', name: claim.name, uid: claim.uid }, reason, message };
  }
  if (pod !== undefined && !pod.terminating) {
    return { action: { kind: 'delete-pod', name: pod.name, uid: pod.uid }, reason, message };
  }
  return { reason, message };
}
