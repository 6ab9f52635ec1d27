/** Keeps the state true to what the members say. Changes nothing but the state. */
import { compareVersions, parseVersion } from '../image-version.ts';
import { type EtcdState, type MemberState, withMember } from '../state.ts';
import { hasSettled } from './planned.ts';
import { healthy, type MemberSeat, type QuorumSituation, type Rule } from './situation.ts';

/** A member that runs has data: its gate is closed from then on, and the claim that holds the data is remembered. */
export const record: Rule<QuorumSituation> = (situation) => {
  const state = [recordCluster, recordMembers, forgetRemoved, forgetRestart, recordVersion, recordVolumes].reduce(
    (current, change) => change(current, situation),
    situation.state,
  );
  if (JSON.stringify(state) === JSON.stringify(situation.state)) return undefined;
  return { state, reason: 'EtcdRecording', message: 'the state of the members is recorded' };
};

type Change = (state: EtcdState, situation: QuorumSituation) => EtcdState;

const recordCluster: Change = (state, { members }) => {
  const clusterId = members.find(({ answers }) => answers)?.status?.clusterId;
  return state.clusterId !== undefined || clusterId === undefined ? state : { ...state, clusterId };
};

const recordMembers: Change = (state, { members }) =>
  members.reduce((current, { ordinal, member, answers, claim }) => {
    if (!answers || claim === undefined) return current;
    const now: MemberState = { gate: 'closed', id: member.id, claim: claim.uid };
    return sameMember(current.members[ordinal], now) ? current : withMember(current, ordinal, now);
  }, state);

/** An ordinal beyond those wanted whose member is gone needs no pod. */
const forgetRemoved: Change = (state, { members, wanted }) => {
  const kept = Object.entries(state.members).filter(
    ([ordinal]) => Number(ordinal) < wanted.members || members.some((seat) => seat.ordinal === Number(ordinal)),
  );
  return kept.length === Object.keys(state.members).length ? state : { ...state, members: Object.fromEntries(kept) };
};

/**
 * The member is back, in another pod than the one that went, and has had the time to settle: a probe that fails once
 * right after the start belongs to the restart.
 */
const forgetRestart: Change = (state, { members, now }) => {
  const { restarting, ...rest } = state;
  if (restarting === undefined) return state;
  const seat = members.find(({ ordinal }) => ordinal === restarting.ordinal);
  const isBack = seat === undefined || (healthy(seat) && seat.pod?.uid !== restarting.pod);
  return isBack && (seat === undefined || hasSettled(restarting, now)) ? rest : state;
};

const recordVersion: Change = (state, { members }) => {
  const versions = members.map(({ status }) => parseVersion(status?.version ?? ''));
  if (!members.every(healthy) || versions.includes(undefined)) return state;
  const [lowest] = versions.filter((version) => version !== undefined).sort(compareVersions);
  return lowest === undefined ? state : { ...state, version: `${lowest.major}.${lowest.minor}.${lowest.patch}` };
};

const recordVolumes: Change = (state, { members, wanted }) => {
  const large = ({ claim }: MemberSeat) => (claim?.capacityBytes ?? 0) >= wanted.volumeBytes;
  return wanted.volumeBytes > state.volumeBytes && members.every(large)
    ? { ...state, volumeBytes: wanted.volumeBytes }
    : state;
};

function sameMember(a: MemberState | undefined, b: MemberState): boolean {
  return a !== undefined && a.gate === b.gate && a.id === b.id && a.claim === b.claim;
}
