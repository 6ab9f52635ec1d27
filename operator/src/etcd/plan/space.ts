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
  const full = members.find(isFull);
  const tried = state.defragmented ?? [];
  // What a member says is in use is as of its last write, and none may follow the compaction: each is tried once. Again
  // only one that is still full, since keys were deleted meanwhile: a database that is nearly empty always has free pages.
  const next = inTurn(members, (seat) =>
    tried.includes(seat.member.id) ? isFull(seat) && isFragmented(seat) : full !== undefined || isFragmented(seat),
  );
  if (next?.pod !== undefined) {
    const message = `the quota is used up: ${next.pod.name} is defragmented`;
    const action = { kind: 'defragment', via: next.pod.name } as const;
    return { state: { ...state, defragmented: [...tried, next.member.id] }, action, reason, message, degraded };
  }
  if (full?.status !== undefined) {
    // Compacting again also covers an operator that died before the first one, and keys deleted since.
    const used = `${full.status.dbSize} of ${full.status.dbSizeQuota} bytes`;
    const message = `the values fill the quota, ${used}: make the volumes larger, or delete keys with etcdctl`;
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

function isFull({ status }: MemberSeat): boolean {
  return status !== undefined && status.dbSize >= status.dbSizeQuota * safeShare;
}

function isFragmented({ status }: MemberSeat): boolean {
  return status !== undefined && status.dbSize - status.dbSizeInUse > status.dbSize * freeShare;
}

/** The next of them, the leader last: it does not serve meanwhile, so the others must do without it. */
function inTurn(members: readonly MemberSeat[], isCandidate: (seat: MemberSeat) => boolean): MemberSeat | undefined {
  const leader = leaderOf(members);
  const candidates = members.filter(isCandidate);
  const seat = candidates.find((candidate) => candidate !== leader) ?? candidates[0];
  if (seat === undefined || members.length === 1) return seat;
  return healthy(seat) && othersDecide(members, seat) ? seat : undefined;
}
