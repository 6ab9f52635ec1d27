/** NOSPACE: compact, defragment one member at a time (leader last), disarm. */
import { healthy, leaderOf, type MemberSeat, othersDecide, type QuorumSituation, type Rule } from './situation.ts';

/** Share of the quota below which the alarm may go: closer to it, the next writes would raise it again. */
const safeShare = 0.9;
/** Share of the file that must be free for a defragmentation to be worth its pause. */
const freeShare = 0.1;

export const reclaimSpace: Rule<QuorumSituation> = ({ state, members, via }) => {
  const alarmed = members.filter(({ status }) => status?.alarms.includes('NOSPACE'));
  const [first] = alarmed;
  if (first === undefined) {
    if (state.reclaimRevision === undefined) return undefined;
    const { reclaimRevision: _revision, defragmented: _members, ...rest } = state;
    return { state: rest, reason: 'EtcdOutOfSpace', message: 'space has been reclaimed' };
  }
  const reason = 'EtcdOutOfSpace';
  const degraded = true;
  const revision = Math.max(...members.map(({ status }) => status?.revision ?? 0));
  const compact = { kind: 'compact', via, revision } as const;
  if (state.reclaimRevision === undefined) {
    const message = 'the quota is used up: history is compacted';
    return { state: { ...state, reclaimRevision: revision }, action: compact, reason, message, degraded };
  }
  const next = fragmented(members);
  if (next?.pod !== undefined) {
    const message = `the quota is used up: ${next.pod.name} is defragmented`;
    return { action: { kind: 'defragment', via: next.pod.name }, reason, message, degraded };
  }
  const full = members.find(({ status }) => status !== undefined && status.dbSize >= status.dbSizeQuota * safeShare);
  if (full?.status !== undefined) {
    const untried = untriedOf(members, state.defragmented ?? []);
    if (untried?.pod !== undefined) {
      // What a member says is in use is as of its last write, and none may follow the compaction: this finds out.
      const defragmented = [...(state.defragmented ?? []), untried.member.id];
      const message = `the quota is used up: ${untried.pod.name} is defragmented`;
      const defragment = { kind: 'defragment', via: untried.pod.name } as const;
      return { state: { ...state, defragmented }, action: defragment, reason, message, degraded };
    }
    // Compacting again also covers an operator that died before the first one, and keys deleted since.
    const used = `${full.status.dbSize} of ${full.status.dbSizeQuota} bytes`;
    const message = `the values fill the quota, ${used}: delete keys or make the volumes larger`;
    return { action: compact, reason, message, degraded };
  }
  const action = { kind: 'disarm', via, id: first.member.id } as const;
  return {
    action,
    reason,
    message: `space has been reclaimed: the alarm of member ${first.ordinal} is disarmed`,
    degraded,
  };
};

/** The next member to defragment: it does not serve meanwhile, so the others must do without it. */
function fragmented(members: readonly MemberSeat[]): MemberSeat | undefined {
  const leader = leaderOf(members);
  const worthIt = members.filter(({ status }) => {
    if (status === undefined) return false;
    return status.dbSize - status.dbSizeInUse > status.dbSize * freeShare;
  });
  return inTurn(members, worthIt, leader);
}

/** The next member that was not defragmented since the compaction. */
function untriedOf(members: readonly MemberSeat[], tried: readonly string[]): MemberSeat | undefined {
  const untried = members.filter(({ member }) => !tried.includes(member.id));
  return inTurn(members, untried, leaderOf(members));
}

/** The leader last, and none that the others cannot do without. */
function inTurn(
  members: readonly MemberSeat[],
  candidates: readonly MemberSeat[],
  leader: MemberSeat | undefined,
): MemberSeat | undefined {
  const seat = candidates.find((candidate) => candidate !== leader) ?? candidates[0];
  if (seat === undefined || members.length === 1) return seat;
  return healthy(seat) && othersDecide(members, seat) ? seat : undefined;
}
