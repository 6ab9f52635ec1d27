/** Volumes only grow; the class decides whether they can. An unbound claim cannot be changed yet. */
import type { Seat } from '../observe.ts';
import type { Action, QuorumSituation, Rule, Situation, Step, Wanted } from './situation.ts';

export const growVolumes: Rule<QuorumSituation> = ({ wanted, members }) => {
  const reason = 'EtcdVolumeGrowing';
  const action = growthOf(members, wanted);
  if (action !== undefined) return { action, reason, message: `${action.name} grows to ${action.size}` };
  const growing = members.find(({ claim }) => (claim?.capacityBytes ?? Infinity) < wanted.volumeBytes);
  if (growing === undefined) return undefined;
  return { reason, message: `${growing.claim?.name} grows to ${wanted.volumeSize}` };
};

/**
 * What a step waits for may be that a volume grows: a member whose volume is full does not run, and those of the others are
 * full at the same time. So a claim grows while the trouble lasts, also without a quorum. It loses nothing.
 * @param step that waits for members
 */
export function growMeanwhile({ wanted, state, observation }: Situation, step: Step): Step {
  if (step.degraded !== true || step.action !== undefined) return step;
  const action = growthOf(
    observation.seats.filter(({ ordinal }) => state.members[ordinal] !== undefined),
    wanted,
  );
  if (action === undefined) return step;
  return { ...step, action, message: `${step.message}; ${action.name} grows to ${action.size}` };
}

/** Of the first claim that asks for less than is wanted. */
function growthOf(seats: readonly Seat[], wanted: Wanted): Extract<Action, { kind: 'resize-claim' }> | undefined {
  for (const { claim } of seats) {
    if (claim?.capacityBytes === undefined || claim.terminating || claim.requestBytes >= wanted.volumeBytes) continue;
    return { kind: 'resize-claim', name: claim.name, uid: claim.uid, size: wanted.volumeSize };
  }
  return undefined;
}
