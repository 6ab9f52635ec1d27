/** Members that cannot come back by themselves. */
import { askers, othersDecide, type QuorumSituation, type Rule } from './situation.ts';

/**
 * A member whose claim is another one than that which held its data has lost it, and with it what it voted for. It must
 * never run again under its id: its membership ends, and it is added anew as a learner.
 */
export const removeLost: Rule<QuorumSituation> = (situation) => {
  const { state, members } = situation;
  const lost = members.find((seat) => {
    const known = state.members[seat.ordinal];
    if (seat.answers || seat.claim === undefined || seat.claim.terminating || known?.claim === undefined) return false;
    // Of a cluster that came back no ids are known yet; a learner that was just added is not the one that was lost.
    const same = known.id === undefined ? !seat.member.isLearner : known.id === seat.member.id;
    return same && known.claim !== seat.claim.uid;
  });
  if (lost === undefined || !othersDecide(members, lost)) return undefined;
  const message = `member ${lost.ordinal} lost its volume: it is removed, then added as a new member`;
  return {
    action: { kind: 'remove-member', ask: askers(situation, lost), id: lost.member.id },
    reason: 'EtcdReplacingMember',
    message,
    degraded: true,
  };
};

/** Corruption is never repaired by guessing which copy is right. */
export const reportCorruption: Rule<QuorumSituation> = ({ members }) => {
  const corrupt = members.find(({ status }) => status?.alarms.includes('CORRUPT'));
  if (corrupt === undefined) return undefined;
  const message = `member ${corrupt.ordinal} raised the CORRUPT alarm; delete its claim and its pod to have it replaced`;
  return { reason: 'EtcdCorrupt', message, degraded: true };
};

/** Members that the operator did not make: somebody added them by hand. */
export const reportUnknown: Rule<QuorumSituation> = ({ observation, members }) => {
  const unknown = observation.list?.filter(({ id }) => !members.some(({ member }) => member.id === id)) ?? [];
  if (unknown.length === 0) return undefined;
  const who = unknown.map(({ name, peerURLs }) => `${name} ${peerURLs.join(' ')}`).join(', ');
  return { reason: 'EtcdUnknownMember', message: `members that are not this KvStore's: ${who}`, degraded: true };
};
