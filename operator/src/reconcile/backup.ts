/** How the last backup went, and what to do about one that cannot start. Pure functions. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { labelKeys } from '../desired/labels.ts';
import type { KvStore } from '../kvstore.ts';
import { conditionOf, type Finding } from '../status/conditions.ts';
import type { PodTrouble } from '../trouble/pod-trouble.ts';
import { endedJob, failureOfJob } from './job.ts';

export const backupCondition = 'LastBackupSucceeded';

export interface BackupObjects {
  /** Of this KvStore, whatever they are for. */
  readonly jobs: readonly V1Job[];
  readonly pods: readonly V1Pod[];
  /** What has kept pods of backups from starting. */
  readonly troubles: readonly PodTrouble[];
}

/** Undefined: the spec has no backups. */
export function backupOf({ spec, status }: KvStore, { jobs, pods, troubles }: BackupObjects): Finding | undefined {
  if (spec.backup === undefined) return undefined;
  const known = conditionOf(status, backupCondition);
  const [job] = backupJobs(jobs).sort((a, b) => createdAt(b) - createdAt(a));
  const last: Finding =
    known === undefined
      ? { status: 'Unknown', reason: 'NoneYet', message: `none was made yet; the schedule is ${spec.backup.schedule}` }
      : { status: known.status, reason: known.reason, message: known.message };
  if (job === undefined) return last;
  const name = job.metadata?.name;
  if (endedJob(job) === 'Complete')
    return { status: 'True', reason: 'Completed', message: `the Job ${name} completed` };
  if (endedJob(job) === 'Failed') {
    const message = `the Job ${name} failed: ${failureOfJob(job, pods, known?.message)}`;
    return { status: 'False', reason: 'Failed', message };
  }
  const [trouble] = troubles;
  if (trouble !== undefined) {
    return { status: 'False', reason: 'CannotStart', message: `the Job ${name} cannot start: ${trouble.message}` };
  }
  return last;
}

/** Milliseconds that the pod of a backup may wait for its start: the next backup would wait for it. */
export const startDeadlineMs = 10 * 60_000;

/** Jobs to be ended: their pods have not started for too long. */
export function hopelessBackups({ jobs, pods }: Pick<BackupObjects, 'jobs' | 'pods'>, now: Date): V1Job[] {
  return backupJobs(jobs).filter((job) => {
    if (endedJob(job) !== undefined || job.metadata?.deletionTimestamp !== undefined) return false;
    const [newest] = pods
      .filter(({ metadata }) => metadata?.labels?.['batch.kubernetes.io/job-name'] === job.metadata?.name)
      .sort((a, b) => createdAt(b) - createdAt(a));
    const waits = newest === undefined ? hadNoPod(job) : newest.status?.phase === 'Pending';
    return waits && now.getTime() - createdAt(newest ?? job) > startDeadlineMs;
  });
}

/** A quota may forbid the pod altogether. A Job whose pod was evicted after it ran makes another one. */
function hadNoPod({ spec, status }: V1Job): boolean {
  const { active = 0, failed = 0, ready = 0 } = status ?? {};
  return spec?.suspend !== true && active + failed + ready === 0;
}

function backupJobs(jobs: readonly V1Job[]): V1Job[] {
  return jobs.filter(({ metadata }) => metadata?.labels?.[labelKeys.component] === 'backup');
}

function createdAt({ metadata }: V1Job | V1Pod): number {
  return new Date(metadata?.creationTimestamp ?? 0).getTime();
}
