/** Rolling restarts: pods of another template than the current one, one at a time. */
import { restartStep } from './planned.ts';
import {
  healthy,
  leaderOf,
  type MemberSeat,
  othersDecide,
  type QuorumSituation,
  type Rule,
  voters,
  type Wanted,
} from './situation.ts';

const message = (name: string) => `${name} is restarted`;

/** A pod that is not ready and outdated is restarted at once, if the others carry on: that may be what heals it. */
export const restartUnready: Rule<QuorumSituation> = (situation) => {
  const { wanted, members } = situation;
  const seat = members.find((candidate) => !healthy(candidate) && outdated(candidate, wanted));
  return seat !== undefined && othersDecide(members, seat) ? restartStep(situation, seat, message) : undefined;
};

/** All are ready here. The leader comes last, after it has handed over. */
export const restartOutdated: Rule<QuorumSituation> = (situation) => {
  const { wanted, members } = situation;
  const old = members.filter((seat) => outdated(seat, wanted));
  const leader = leaderOf(members);
  const follower = old.findLast((seat) => seat !== leader);
  if (follower !== undefined) return restartStep(situation, follower, message);
  const [last] = old;
  if (last === undefined) return undefined;
  const next = voters(members).find((seat) => seat !== last);
  if (next === undefined || last.pod === undefined) return restartStep(situation, last, message);
  const action = { kind: 'move-leader', via: last.pod.name, id: next.member.id } as const;
  const { name } = last.pod;
  return { action, reason: 'EtcdRestarting', message: `${name} hands over leadership before it is restarted` };
};

function outdated({ pod }: MemberSeat, { template, restartedAt }: Wanted): boolean {
  if (pod === undefined || pod.terminating) return false;
  return pod.template !== template || isBefore(pod.restartedAt, restartedAt);
}

/** A pod made before the last `kubectl rollout restart`. One that has a later time is newer than what was read. */
function isBefore(made: string | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined || made === wanted) return false;
  return made === undefined || !(Date.parse(made) > Date.parse(wanted));
}
