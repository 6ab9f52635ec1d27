/** The pods of a KvStore that have not been able to start, or have not been ready, for too long. */
import type { V1Pod } from '@kubernetes/client-node';
import { labelKeys } from '../desired/labels.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import type { Lasting } from './lasting.ts';
import type { WarningEvents } from './pod-events.ts';
import { explained, type PodTrouble, troubleOf } from './pod-trouble.ts';

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

/** A slow pod is not a broken one: pulling an image and the first sync take their time. */
const slowMs = 60_000;
const explainedMs = 20_000;
/** Members crash and start again while they wait to be added, which is planned. */
const memberMs = 60_000;
/** Before it has lasted, its Events are looked at once, to say why in time. */
const askAfterMs = 15_000;

export async function troublesOf(
  kvstore: KvStore,
  caches: Caches,
  lasting: Lasting,
  events: WarningEvents,
  now: Date,
): Promise<Troubles> {
  const { namespace, name } = kvstore.metadata;
  const pods = caches.pods.ofGroup(`${namespace}/${name}`);
  const found = pods.flatMap((pod) => {
    const trouble = isJobPod(pod) && pod.status?.phase === 'Failed' ? undefined : troubleOf(pod, now);
    return trouble === undefined ? [] : [{ pod, trouble, component: pod.metadata?.labels?.[labelKeys.component] }];
  });
  // A pod that waits for its image is at one time in ErrImagePull and at another in ImagePullBackOff: by the pod, then.
  const ages = lasting.of(
    `pods ${namespace}/${name}`,
    found.map(({ pod }) => pod.metadata?.uid ?? ''),
  );
  const result = { service: [], etcd: [], backup: [], restore: [] } as Record<string, PodTrouble[]>;
  let nextMs: number | undefined;
  for (const { pod, trouble, component = '' } of found) {
    const age = ages.get(pod.metadata?.uid ?? '') ?? 0;
    const told =
      trouble.isExplained || age < askAfterMs || trouble.reason === 'NotReady'
        ? trouble
        : await explain(trouble, namespace, events, pod);
    const threshold = thresholdOf(told, component);
    if (age >= threshold) result[component]?.push(told);
    const wait = age < askAfterMs ? askAfterMs - age : threshold - age;
    if (age < threshold) nextMs = Math.min(nextMs ?? wait, Math.max(wait, 100));
  }
  return { ...noTroubles, ...result, nextMs };
}

function thresholdOf({ reason, isExplained }: PodTrouble, component: string): number {
  if (atOnce.has(reason)) return 0;
  if (component === 'etcd') return memberMs;
  return isExplained ? explainedMs : slowMs;
}

async function explain(trouble: PodTrouble, namespace: string, events: WarningEvents, pod: V1Pod): Promise<PodTrouble> {
  const event = await events.newest(namespace, 'Pod', trouble.pod, pod.metadata?.uid);
  return event === undefined ? trouble : explained(trouble, event.reason, event.note);
}

/** Of those each try is another pod; the failed ones stay and are no trouble by themselves. */
function isJobPod({ metadata }: V1Pod): boolean {
  return metadata?.labels?.['batch.kubernetes.io/job-name'] !== undefined;
}
