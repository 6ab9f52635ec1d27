/**
 * A change of membership that all members refuse although all are ready. etcd asks of each that it has been connected to
 * all others for 5 s (HealthInterval), by the view of the member that is asked. A view can be wrong for good: a dial to a
 * peer's former address that fails late marks the peer inactive although its streams are up. A restart renews it.
 */
import type { EtcdState } from '../state.ts';
import { restartStep } from './planned.ts';
import {
  type Action,
  healthy,
  leaderOf,
  type MemberSeat,
  othersDecide,
  type QuorumSituation,
  type Step,
  voters,
} from './situation.ts';

/** How long all members may refuse before one is restarted. Longer than etcd's 5 s after any restart and election. */
const longMs = 30_000;
const reason = 'EtcdChangeRefused';

/** Names a change that members may refuse; undefined for any other action. */
export function refusable(action: Action | undefined): string | undefined {
  if (action?.kind === 'add-learner') return `add ${action.peerURL}`;
  return action?.kind === 'remove-member' ? `remove ${action.id}` : undefined;
}

/** The step, or what has to come before it because members refuse it. */
export function overcomeRefusals(situation: QuorumSituation, step: Step): Step {
  const { state, now } = situation;
  const { refused } = state;
  if (refused === undefined) return step;
  const what = refusable(step.action);
  const isLong = now.getTime() - Date.parse(refused.since) >= longMs;
  if (what === undefined && step.settled !== true) {
    // The operator sends no such call meanwhile, so nothing is refused.
    const later = { ...refused, since: now.toISOString() };
    return isLong ? { ...step, state: { ...(step.state ?? state), refused: later } } : step;
  }
  if (what !== refused.what) return { ...step, settled: false, state: withoutRefused(step.state ?? state) };
  if (!isLong) return step;
  const next = nextToRestart(situation, refused.restarted);
  if (next === undefined) {
    const count = refused.restarted.length;
    const tried = count === 0 ? 'none can be restarted without losing the quorum' : `${count} were restarted for it`;
    return { ...step, degraded: true, reason, message: `${step.message}, but all members refuse it; ${tried}` };
  }
  const restarted = [...refused.restarted, next.member.id];
  const after = { ...state, refused: { ...refused, since: now.toISOString(), restarted } };
  const restart = restartStep({ state: after, now }, next, (name) => {
    return `${name} is restarted: all members are ready but refuse a change (${step.message})`;
  });
  return restart === undefined ? step : { ...restart, reason, degraded: true };
}

/**
 * Each voter at most once, the leader last, and only while all are healthy and the others decide without it. After the
 * last of them the change is only asked for again and again.
 */
function nextToRestart({ members }: QuorumSituation, restarted: readonly string[]): MemberSeat | undefined {
  const leader = leaderOf(members);
  if (!voters(members).every(healthy)) return undefined;
  const candidates = voters(members).filter(
    (seat) => !restarted.includes(seat.member.id) && othersDecide(members, seat),
  );
  return candidates.find((seat) => seat !== leader) ?? candidates[0];
}

function withoutRefused({ refused: _, ...state }: EtcdState): EtcdState {
  return state;
}
