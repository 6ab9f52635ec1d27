/** What a Job's status and its pods tell. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { failureOf } from '../trouble/pod-trouble.ts';

/** Undefined: it is at work, or waits. */
export function endedJob({ status }: V1Job): 'Complete' | 'Failed' | undefined {
  const has = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  if (has('Complete')) return 'Complete';
  return has('Failed') ? 'Failed' : undefined;
}

/**
 * Why a Job failed: what its last pod said at its end; else, when the pods are gone, what was known before; else what
 * the Job says.
 * @param known an earlier message about the same Job
 */
export function failureOfJob(job: V1Job, pods: readonly V1Pod[], known: string | undefined): string {
  const name = job.metadata?.name ?? '';
  const [last] = pods
    .filter(({ metadata, status }) => {
      return metadata?.labels?.['batch.kubernetes.io/job-name'] === name && status?.phase === 'Failed';
    })
    .sort((a, b) => endOf(b) - endOf(a));
  if (last !== undefined) return failureOf(last);
  const before =
    known?.includes(`the Job ${name} `) === true ? /(?:failed|cannot start): (.*)$/s.exec(known)?.[1] : undefined;
  if (before !== undefined) return before;
  const failed = job.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
  return (
    [failed?.reason, failed?.message].filter((text) => text !== undefined && text !== '').join(': ') ||
    'no reason is known'
  );
}

function endOf({ metadata, status }: V1Pod): number {
  const finishedAt = status?.containerStatuses?.[0]?.state?.terminated?.finishedAt;
  return new Date(finishedAt ?? metadata?.creationTimestamp ?? 0).getTime();
}
