/** Rolling restarts: pods of another template than the current one, one at a time. */
import {
  healthy,
  leaderOf,
  type MemberSeat,
  othersDecide,
  type QuorumSituation,
  type Rule,
  type Step,
  voters,
} from './situation.ts';

const reason = 'EtcdRestarting';

/** A pod that is not ready and outdated is restarted at once, if the others carry on: that may be what heals it. */
export const restartUnready: Rule<QuorumSituation> = ({ wanted, members }) => {
  const seat = members.find((candidate) => !healthy(candidate) && outdated(candidate, wanted.template));
  return seat !== undefined && othersDecide(members, seat) ? restart(seat) : undefined;
};

/** All are ready here. The leader comes last, after it has handed over. */
export const restartOutdated: Rule<QuorumSituation> = ({ wanted, members }) => {
  const old = members.filter((seat) => outdated(seat, wanted.template));
  const leader = leaderOf(members);
  const follower = old.findLast((seat) => seat !== leader);
  if (follower !== undefined) return restart(follower);
  const [last] = old;
  if (last === undefined) return undefined;
  const next = voters(members).find((seat) => seat !== last);
  if (next === undefined || last.pod === undefined) return restart(last);
  const action = { kind: 'move-leader', via: last.pod.name, id: next.member.id } as const;
  return { action, reason, message: `${last.pod.name} hands over leadership before it is restarted` };
};

function outdated({ pod }: MemberSeat, template: string): boolean {
  return pod !== undefined && !pod.terminating && pod.template !== template;
}

function restart({ pod }: MemberSeat): Step | undefined {
  if (pod === undefined) return undefined;
  return { action: { kind: 'delete-pod', name: pod.name, uid: pod.uid }, reason, message: `${pod.name} is restarted` };
}
