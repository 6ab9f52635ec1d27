/** The trial of an image: a Job that runs `etcd --version` with it, where there is room on the node of a member. */
import { createHash } from 'node:crypto';
import type { V1Job, V1JobSpec, V1Pod } from '@kubernetes/client-node';
import { objectLabels } from '../desired/labels.ts';
import { restrictedContainer, restrictedPod } from '../desired/restricted.ts';
import type { KvStore } from '../kvstore.ts';
import { failureOf, type PodTrouble, troubleOf } from '../trouble/pod-trouble.ts';
import type { EtcdObjects } from './contract.ts';
import type { EtcdNames } from './names.ts';

export interface Trial {
  readonly image: string;
  readonly node?: string;
}

export interface TrialSeen {
  /** Of the Job. */
  readonly name: string;
  /**
   * `failed` is about the image, and may pass again: one that cannot be pulled is pulled again and again. `expired`: it
   * has ended without saying anything about the image.
   */
  readonly verdict: 'passed' | 'failed' | 'waiting' | 'expired';
  /** Why it failed, or what it waits for. */
  readonly message: string;
}

/** A Job that has made no pod by then is hindered: by a quota, say. Its Events say by what. */
const noPodMs = 30_000;
/** A trial takes as long as pulling the image does. One that lasts longer gives place to another one. */
const deadlineSeconds = 600;

/** Anything else in the Job's spec is another Job with another name: the API server refuses to change a Job. */
export function trialName({ name }: EtcdNames, kvstore: KvStore, trial: Trial): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(trialSpec(kvstore, trial)))
    .digest('hex');
  return `${name}-image-${digest.slice(0, 8)}`;
}

export function trialJob(names: EtcdNames, kvstore: KvStore, trial: Trial): V1Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: trialName(names, kvstore, trial),
      namespace: names.namespace,
      labels: objectLabels(kvstore.metadata.name, 'etcd-image'),
    },
    spec: trialSpec(kvstore, trial),
  };
}

/** The node that a trial of this image prefers. */
export function triedOn(jobs: readonly V1Job[], image: string): string | undefined {
  const job = jobs.find(({ spec }) => spec?.template.spec?.containers[0]?.image === image);
  const preferred = job?.spec?.template.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  return preferred?.[0]?.preference.matchFields?.[0]?.values?.[0];
}

function trialSpec({ metadata, spec }: KvStore, trial: Trial): V1JobSpec {
  const labels = objectLabels(metadata.name, 'etcd-image');
  const onNode = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [trial.node ?? ''] }] };
  return {
    backoffLimit: 2,
    activeDeadlineSeconds: deadlineSeconds,
    template: {
      metadata: { labels },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(),
        ...(spec.nodeSelector === undefined ? {} : { nodeSelector: { ...spec.nodeSelector } }),
        ...(spec.tolerations === undefined ? {} : { tolerations: [...spec.tolerations] }),
        // A node that is cordoned or full says nothing about the image: then any other will do.
        ...(trial.node === undefined
          ? {}
          : {
              affinity: {
                nodeAffinity: {
                  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: onNode }],
                },
              },
            }),
        containers: [
          {
            name: 'etcd',
            image: trial.image,
            imagePullPolicy: 'IfNotPresent',
            command: ['/usr/local/bin/etcd'],
            args: ['--version'],
            resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '1', memory: '256Mi' } },
            securityContext: restrictedContainer(),
          },
        ],
      },
    },
  };
}

export function trialsSeen({ jobs, pods }: EtcdObjects['trials'], now: Date): TrialSeen[] {
  return jobs.map((job) => {
    const name = job.metadata?.name ?? '';
    const own = pods.filter(({ metadata }) => metadata?.labels?.['batch.kubernetes.io/job-name'] === name);
    return { name, ...verdictOf(job, own, now) };
  });
}

type Verdict = Omit<TrialSeen, 'name'>;

function verdictOf({ metadata, status }: V1Job, pods: readonly V1Pod[], now: Date): Verdict {
  const ended = (type: string) => status?.conditions?.find((each) => each.type === type && each.status === 'True');
  if (ended('Complete') !== undefined) return { verdict: 'passed', message: '' };
  const seen = pods.map((pod) => ({ trouble: troubleOf(pod, now), pod }));
  const failure = ended('Failed');
  if (failure !== undefined) {
    const isLate = failure.reason === 'DeadlineExceeded';
    if (isLate) return { verdict: 'expired', message: `it has not ended within ${deadlineSeconds / 60} minutes` };
    const own = pods.filter((pod) => !isLost(pod));
    if (own.length < pods.length && own.length === 0)
      return { verdict: 'expired', message: 'its pods were taken away' };
    const [message = 'it failed'] = own.map(failureOf);
    return { verdict: 'failed', message: `${message}; delete the Job ${metadata?.name} to try it again` };
  }
  const [told] = seen.filter(({ pod, trouble }) => trouble?.isExplained === true && isAboutImage(pod, trouble));
  if (told?.trouble !== undefined) return { verdict: 'failed', message: told.trouble.message };
  const ageMs = now.getTime() - new Date(metadata?.creationTimestamp ?? now).getTime();
  if (pods.length > 0 || ageMs < noPodMs) {
    return { verdict: 'waiting', message: seen.flatMap(({ trouble }) => trouble?.message ?? []).join('; ') };
  }
  return {
    verdict: 'waiting',
    message: `the Job ${metadata?.name} gets no pod: kubectl describe job ${metadata?.name}`,
  };
}

/** The kubelet or the scheduler has ended the pod, for a reason of the node. */
function isLost({ status }: V1Pod): boolean {
  return status?.phase === 'Failed' && status.reason !== undefined;
}

/** Not about the node, or the way there. */
export function isAboutImage({ status }: V1Pod, { reason }: PodTrouble): boolean {
  const waits = status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === reason) ?? false;
  return waits || reason === 'Failed';
}
