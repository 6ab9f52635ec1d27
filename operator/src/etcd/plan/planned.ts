/** Restarts that the operator makes itself: expected, and therefore nothing that is wrong, for a while. */
import type { Seat } from '../observe.ts';
import type { EtcdState, Restarting } from '../state.ts';
import type { Situation, Step } from './situation.ts';

/** A member that is not back by then needs attention, though a large database takes longer to load. */
const restartMs = 120_000;

/** After which a member that is back and then is not ready again is no matter of its restart. */
const settleMs = 30_000;

/** Deletes the pod after the restart was recorded. Undefined when there is no pod. */
export function restartStep(
  { state, now }: Pick<Situation, 'state' | 'now'>,
  { ordinal, pod }: Seat,
  message: (name: string) => string,
): Step | undefined {
  if (pod === undefined) return undefined;
  return {
    state: { ...state, restarting: { ordinal, pod: pod.uid, since: now.toISOString() } },
    action: { kind: 'delete-pod', name: pod.name, uid: pod.uid },
    reason: 'EtcdRestarting',
    message: message(pod.name),
  };
}

/** Whether a member is absent because the operator restarts it, and nothing speaks against its return. */
export function isPlanned({ restarting }: EtcdState, { ordinal, pod }: Seat, now: Date): boolean {
  if (restarting?.ordinal !== ordinal || pod?.trouble !== undefined) return false;
  return now.getTime() - Date.parse(restarting.since) < restartMs;
}

export function hasSettled({ since }: Restarting, now: Date): boolean {
  return now.getTime() - Date.parse(since) >= settleMs;
}
