/** Where a KvStore stands between being made and having what it was to begin with. A pure function. */
import type { V1Deployment, V1Job, V1Pod } from '@kubernetes/client-node';
import { otherDataExitCode } from '../desired/restore-job.ts';
import type { KvStore } from '../kvstore.ts';
import { conditionOf, type Finding } from '../status/conditions.ts';
import type { PodTrouble } from '../trouble/pod-trouble.ts';
import { endedJob, failureOfJob } from './job.ts';

export const restoredCondition = 'Restored';

export interface RestoreObjects {
  readonly deployment: V1Deployment | undefined;
  /** The Job of the restore that the spec asks for. */
  readonly job: V1Job | undefined;
  /** Pods of that Job. */
  readonly pods: readonly V1Pod[];
  /** What has kept them from starting. */
  readonly troubles?: readonly PodTrouble[];
  /** Why it may not begin. */
  readonly notAllowed?: string | undefined;
}

export interface Restore {
  /** Of the condition Restored. */
  readonly finding: Finding;
  /** What keeps the store from being used; undefined: nothing does, or does any more. */
  readonly holdsUp?: 'Restoring' | 'RestoreFailed';
  /** Whether the Job is to be made now. */
  readonly start: boolean;
}

/** Undefined: nothing was asked for, ever. */
export function restoreOf({ spec, status }: KvStore, objects: RestoreObjects): Restore | undefined {
  const known = conditionOf(status, restoredCondition);
  // Never again, whatever becomes of the Job or of the spec.
  if (known?.status === 'True' || spec.restoreFrom === undefined) {
    return known === undefined ? undefined : { finding: findingOf(known), start: false };
  }
  const { job, deployment, pods } = objects;
  if (job === undefined && objects.notAllowed !== undefined) {
    const finding = { status: 'False', reason: 'NotAllowed', message: objects.notAllowed } as const;
    return { finding, holdsUp: 'Restoring', start: false };
  }
  if (job === undefined) {
    const isServing = (deployment?.status?.availableReplicas ?? 0) > 0;
    const finding = { status: 'False', reason: 'Waiting', message: 'waits for a replica to restore into' } as const;
    return { finding, holdsUp: 'Restoring', start: isServing };
  }
  if (endedJob(job) === 'Complete') {
    const message = `restored from ${spec.restoreFrom.volumeClaim}, see the log of the Job ${job.metadata?.name}`;
    return { finding: { status: 'True', reason: 'Restored', message }, start: false };
  }
  if (endedJob(job) !== 'Failed') {
    const [trouble] = objects.troubles ?? [];
    if (trouble !== undefined) {
      const why = `the Job ${job.metadata?.name} cannot start: ${trouble.message}`;
      return { finding: { status: 'False', reason: 'CannotStart', message: why }, holdsUp: 'Restoring', start: false };
    }
    const message = `the Job ${job.metadata?.name} is at work`;
    return { finding: { status: 'False', reason: 'Restoring', message }, holdsUp: 'Restoring', start: false };
  }
  // The pods may be cleaned away, the Job stays.
  if (known?.reason === 'OtherData' || pods.some(foundOtherData)) {
    const message = 'the store holds other data than the backup: it was left as it is; remove restoreFrom';
    return { finding: { status: 'False', reason: 'OtherData', message }, start: false };
  }
  const why = failureOfJob(job, pods, known?.message);
  const message = `delete the Job to try again; the Job ${job.metadata?.name} failed: ${why}`;
  return { finding: { status: 'False', reason: 'Failed', message }, holdsUp: 'RestoreFailed', start: false };
}

function findingOf({ status, reason, message }: Finding): Finding {
  return { status, reason, message };
}

function foundOtherData({ status }: V1Pod): boolean {
  return status?.containerStatuses?.some(({ state }) => state?.terminated?.exitCode === otherDataExitCode) ?? false;
}
