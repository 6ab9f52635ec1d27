/** The pods of a KvStore that have not been able to start, or have not been ready, for too long. */
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { labelKeys } from '../desired/labels.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { endedJob } from '../reconcile/job.ts';
import type { Lasting } from './lasting.ts';
import type { WarningEvents } from './pod-events.ts';
import { explained, missingPods, type PodTrouble, troubleOf } from './pod-trouble.ts';

export interface Troubles {
  /** By component: what has lasted. */
  readonly service: readonly PodTrouble[];
  readonly etcd: readonly PodTrouble[];
  readonly backup: readonly PodTrouble[];
  readonly restore: readonly PodTrouble[];
  /** Milliseconds after which something that holds now will have lasted; undefined: nothing holds. */
  readonly nextMs: number | undefined;
}

export const noTroubles: Troubles = { service: [], etcd: [], backup: [], restore: [], nextMs: undefined };

/** Reasons that do not pass by waiting: told as soon as they are seen. */
const atOnce: ReadonlySet<string> = new Set(['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']);

/** Reasons that take turns while one and the same thing is wrong. */
const sameFor: Readonly<Record<string, string>> = {
  ErrImagePull: 'ImagePullBackOff',
  RunContainerError: 'CrashLoopBackOff',
};

/** A slow pod is not a broken one: pulling an image and the first sync take their time. So do volumes, which Events tell. */
const slowMs = 60_000;
const explainedMs = 20_000;
/** Members crash and start again while they wait to be added, which is planned. */
const memberMs = 60_000;

/** @param before milliseconds for which what holds at the first look has held already */
export async function troublesOf(
  kvstore: KvStore,
  caches: Caches,
  lasting: Lasting,
  events: WarningEvents,
  now: Date,
  before = 0,
): Promise<Troubles> {
  const { namespace, name } = kvstore.metadata;
  const pods = caches.pods.ofGroup(`${namespace}/${name}`);
  const available = caches.deployments.get(namespace, name)?.status?.availableReplicas ?? 0;
  const isShort = available < kvstore.spec.replicas;
  const found = [...pods.flatMap((pod) => suspectOf(pod, now, isShort) ?? []), ...incomplete(kvstore, caches, pods)];
  // A pod that waits for its image is at one time in ErrImagePull and at another in ImagePullBackOff: by the pod, then.
  const ages = lasting.of(
    `pods ${namespace}/${name}`,
    found.map(({ uid }) => uid),
    before,
  );
  const result = { service: [], etcd: [], backup: [], restore: [] } as Record<string, PodTrouble[]>;
  let nextMs: number | undefined;
  for (const suspect of found) {
    const { trouble, component, uid } = suspect;
    const age = ages.get(uid) ?? 0;
    const threshold = thresholdOf(trouble, component);
    if (age < threshold) {
      nextMs = Math.min(nextMs ?? Infinity, Math.max(threshold - age, 100));
      continue;
    }
    const isClear = trouble.isExplained || trouble.reason === 'NotReady';
    const told = isClear ? trouble : await explain(suspect, namespace, events);
    result[component]?.push({ ...told, reason: sameFor[told.reason] ?? told.reason });
  }
  return { ...noTroubles, ...result, nextMs };
}

function thresholdOf({ reason, isExplained }: PodTrouble, component: string): number {
  if (atOnce.has(reason)) return 0;
  if (component === 'etcd') return memberMs;
  return isExplained ? explainedMs : slowMs;
}

interface Suspect {
  readonly kind: 'Pod' | 'StatefulSet' | 'Job';
  readonly name: string;
  readonly uid: string;
  readonly component: string;
  readonly trouble: PodTrouble;
  /** Unix milliseconds up to which its Events are over. */
  readonly since?: number;
}

function suspectOf(pod: V1Pod, now: Date, isShort: boolean): Suspect | undefined {
  // Failed pods stay when others take their place: evicted ones of a Deployment, each try of a Job.
  const isReplaced = named(pod).component === 'service' || jobOf(pod) !== undefined;
  if (pod.status?.phase === 'Failed' && (!isShort || isReplaced)) return undefined;
  const trouble = troubleOf(pod, now);
  if (trouble === undefined) return undefined;
  const scheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  const since = new Date(scheduled?.lastTransitionTime ?? 0).getTime();
  return { kind: 'Pod', ...named(pod), trouble, since };
}

/** Controllers that should have more pods than there are. */
function incomplete({ metadata }: KvStore, caches: Caches, pods: readonly V1Pod[]): Suspect[] {
  const { namespace, name } = metadata;
  const etcd = caches.statefulSets.get(namespace, `${name}-etcd`);
  const members = pods.filter((pod) => named(pod).component === 'etcd').length;
  const lacksMembers = etcd !== undefined && members < (etcd.spec?.replicas ?? 0);
  const jobs = caches.jobs
    .ofGroup(`${namespace}/${name}`)
    .filter((job) => endedJob(job) === undefined && !pods.some((pod) => jobOf(pod) === job.metadata?.name));
  const suspects = [
    ...(lacksMembers ? [{ kind: 'StatefulSet' as const, ...named(etcd) }] : []),
    ...jobs.map((job) => ({ kind: 'Job' as const, ...named(job) })),
  ];
  return suspects.map((suspect) => ({ ...suspect, trouble: missingPods(suspect.kind, suspect.name) }));
}

function named({ metadata }: KubernetesObject) {
  const { name = '', uid = '', labels } = metadata ?? {};
  return { name, uid, component: labels?.[labelKeys.component] ?? '' };
}

function jobOf({ metadata }: V1Pod): string | undefined {
  return metadata?.labels?.['batch.kubernetes.io/job-name'];
}

async function explain({ trouble, ...regarding }: Suspect, namespace: string, events: WarningEvents) {
  const event = await events.newest(namespace, regarding);
  return event === undefined ? trouble : explained(trouble, event.reason, event.note);
}
