/** The trial of an image: a Job that runs `etcd --version` with it, on the node of the member that is to restart. */
import { createHash } from 'node:crypto';
import type { V1Job, V1JobSpec, V1Pod } from '@kubernetes/client-node';
import { objectLabels } from '../desired/labels.ts';
import { restrictedContainer, restrictedPod } from '../desired/restricted.ts';
import type { KvStore } from '../kvstore.ts';
import { failureOf, troubleOf } from '../trouble/pod-trouble.ts';
import type { EtcdObjects } from './contract.ts';
import type { EtcdNames } from './names.ts';

export interface Trial {
  readonly image: string;
  readonly node?: string;
}

export interface TrialSeen {
  /** Of the Job. */
  readonly name: string;
  /** `failed` may pass again: an image that cannot be pulled is pulled again and again. */
  readonly verdict: 'passed' | 'failed' | 'waiting';
  /** Why it failed. */
  readonly message: string;
}

/** A Job that has made no pod by then is hindered: by a quota, say. Its Events say by what. */
const noPodMs = 120_000;

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

function trialSpec({ metadata, spec }: KvStore, trial: Trial): V1JobSpec {
  const labels = objectLabels(metadata.name, 'etcd-image');
  const onNode = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [trial.node ?? ''] }] };
  return {
    backoffLimit: 2,
    template: {
      metadata: { labels },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(),
        ...(spec.nodeSelector === undefined ? {} : { nodeSelector: { ...spec.nodeSelector } }),
        ...(spec.tolerations === undefined ? {} : { tolerations: [...spec.tolerations] }),
        ...(trial.node === undefined
          ? {}
          : {
              affinity: {
                nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [onNode] } },
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

function verdictOf({ metadata, status }: V1Job, pods: readonly V1Pod[], now: Date): Omit<TrialSeen, 'name'> {
  const is = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  if (is('Complete')) return { verdict: 'passed', message: '' };
  if (is('Failed')) {
    const [message = 'it failed'] = pods.map(failureOf);
    return { verdict: 'failed', message: `${message}; delete the Job ${metadata?.name} to try it again` };
  }
  const troubles = pods.map((pod) => troubleOf(pod, now)).filter((trouble) => trouble?.isExplained === true);
  const [trouble] = troubles;
  if (trouble !== undefined) return { verdict: 'failed', message: trouble.message };
  const ageMs = now.getTime() - new Date(metadata?.creationTimestamp ?? now).getTime();
  if (pods.length > 0 || ageMs < noPodMs) return { verdict: 'waiting', message: '' };
  return {
    verdict: 'failed',
    message: `the Job ${metadata?.name} gets no pod: kubectl describe job ${metadata?.name}`,
  };
}
