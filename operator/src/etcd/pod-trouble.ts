/** Why a pod does not start. */
import type { V1Pod } from '@kubernetes/client-node';

/** Reasons of a waiting container that pass when something is changed, not by waiting (kubelet, images and containers). */
const troubles = [
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
];

/** Reason and message of the kubelet or the scheduler; undefined while the pod merely starts, runs or ends. */
export function podTrouble({ metadata, status }: V1Pod): string | undefined {
  if (metadata?.deletionTimestamp !== undefined) return undefined;
  for (const { state, lastState } of status?.containerStatuses ?? []) {
    const { reason = '', message } = state?.waiting ?? {};
    if (!troubles.includes(reason)) continue;
    const exit = lastState?.terminated?.exitCode;
    const last = exit === undefined ? '' : ` (last exit code ${exit})`;
    return `${message === undefined ? reason : `${reason}: ${message}`}${last}`;
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  return `${scheduled.reason ?? 'Unschedulable'}: ${scheduled.message ?? 'no node takes it'}`;
}
