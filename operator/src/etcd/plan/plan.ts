/** What to do next: a pure function of what is wanted, what is remembered and what was seen. */
import { refuseRunning } from '../image-version.ts';
import type { EtcdNames } from '../names.ts';
import { limitAccess } from './access.ts';
import { bringUpLearner } from './learner.ts';
import { isPlanned } from './planned.ts';
import { record } from './record.ts';
import { overcomeRefusals } from './refusals.ts';
import { removeLost, reportCorruption, reportUnknown } from './replace.ts';
import { restartOutdated, restartUnready } from './restart.ts';
import { healthy, type MemberSeat, type QuorumSituation, type Rule, type Situation, type Step } from './situation.ts';
import { discardLeftovers, grow, shrink } from './size.ts';
import { reclaimSpace } from './space.ts';
import { growMeanwhile, growVolumes } from './volumes.ts';
import { refuseForeignCluster, replaceStuckPod, waitForQuorum } from './without-quorum.ts';

const anytime: readonly Rule<Situation>[] = [replaceStuckPod, refuseForeignCluster];

/** Until all members are ready, only what helps them to be comes before the wait. */
const withQuorum: readonly Rule<QuorumSituation>[] = [
  record,
  reportUnknown,
  reportCorruption,
  removeLost,
  reclaimSpace,
  shrink,
  restartUnready,
  bringUpLearner,
  limitAccess,
  waitForMembers,
  grow,
  discardLeftovers,
  restartOutdated,
  refuseImage,
  refuseVersion,
  growVolumes,
  reportHold,
];

export function plan(situation: Situation): Step {
  const early = firstAnswer(anytime, situation);
  if (early !== undefined) return early;
  const { list, via } = situation.observation;
  if (list === undefined || via === undefined) return growMeanwhile(situation, waitForQuorum(situation));
  const members = memberSeats(situation);
  const known = { ...situation, members, via };
  const step = firstAnswer(withQuorum, known) ?? {
    reason: 'EtcdReady',
    message: `all ${members.length} members are ready`,
    settled: true,
  };
  return overcomeRefusals(known, step);
}

/**
 * The members of the list that live in this KvStore's pods, by ordinal. They are known by their peer URLs: a new one has
 * no name, and one that was added just before fewer were wanted has no pod, no claim and no record.
 */
export function memberSeats({ names, observation }: Situation): MemberSeat[] {
  const seats = (observation.list ?? []).flatMap((member) => {
    const ordinal = member.peerURLs.map((url) => ordinalIn(names, url)).find((found) => found !== undefined);
    if (ordinal === undefined) return [];
    const seat = observation.seats.find((candidate) => candidate.ordinal === ordinal) ?? { ordinal, ready: false };
    return [{ ...seat, member, answers: seat.status?.memberId === member.id }];
  });
  return seats.sort((a, b) => a.ordinal - b.ordinal);
}

function ordinalIn(names: EtcdNames, peerURL: string): number | undefined {
  const [, pod = ''] = /^https:\/\/([^.]+)\./.exec(peerURL) ?? [];
  const ordinal = names.ordinal(pod);
  return ordinal !== undefined && names.peerURL(ordinal) === peerURL ? ordinal : undefined;
}

function firstAnswer<S extends Situation>(rules: readonly Rule<S>[], situation: S): Step | undefined {
  for (const rule of rules) {
    const step = rule(situation);
    if (step !== undefined) return step;
  }
  return undefined;
}

function waitForMembers(situation: QuorumSituation): Step | undefined {
  const { names, members, state, now } = situation;
  const waiting = members.filter((seat) => !healthy(seat));
  if (waiting.length === 0) return undefined;
  const planned = waiting.every((seat) => isPlanned(state, seat, now));
  const reason = planned ? 'EtcdRestarting' : 'EtcdMembersNotReady';
  const who = waiting.map(({ ordinal }) => names.pod(ordinal)).join(', ');
  const why = waiting.flatMap(({ pod }) => pod?.trouble ?? []);
  // A restart that is to overcome a refusal is no planned work: something is wrong until the change is made.
  return growMeanwhile(situation, {
    reason,
    message: [`not ready: ${who}`, ...why].join('; '),
    degraded: !planned || state.refused !== undefined,
  });
}

function refuseImage({ wanted }: QuorumSituation): Step | undefined {
  if (wanted.imageRefused === undefined) return undefined;
  return { reason: 'EtcdImageRefused', message: wanted.imageRefused, degraded: true };
}

function reportHold({ wanted }: QuorumSituation): Step | undefined {
  return wanted.hold;
}

function refuseVersion({ members }: QuorumSituation): Step | undefined {
  for (const { status } of members) {
    const message = refuseRunning(status?.version ?? '');
    if (message !== undefined) return { reason: 'EtcdTooOld', message, degraded: true };
  }
  return undefined;
}
