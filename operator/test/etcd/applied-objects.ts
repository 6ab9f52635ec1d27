/** What was applied, with versions: an API server's part in it. */
import type {
  KubernetesObject,
  V1ConfigMap,
  V1Job,
  V1ObjectMeta,
  V1Pod,
  V1Secret,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { EtcdObjects } from '../../src/etcd/contract.ts';
import { restartedAnnotation } from '../../src/etcd/names.ts';

/** An image that cannot be pulled. */
export function isBad(image: string): boolean {
  return image.includes('bad');
}

export class AppliedObjects {
  readonly #objects = new Map<string, KubernetesObject>();
  /** Jobs that were applied since unwanted ones were last forgotten. */
  readonly #wantedJobs = new Set<string>();
  #version = 0;

  get statefulSet(): V1StatefulSet | undefined {
    return this.#ofKind<V1StatefulSet>('StatefulSet')[0];
  }

  get configMap(): V1ConfigMap | undefined {
    return this.#ofKind<V1ConfigMap>('ConfigMap')[0];
  }

  get secrets(): V1Secret[] {
    return this.#ofKind<V1Secret>('Secret');
  }

  secret(name: string): V1Secret | undefined {
    return this.secrets.find(({ metadata }) => metadata?.name === name);
  }

  /** As somebody else would, whatever was there. */
  put(object: KubernetesObject): void {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#objects.set(idOf(object), { ...structuredClone(object), metadata });
  }

  /** @throws on a conflict: another version than the object names is there */
  apply(object: KubernetesObject): void {
    const existing = this.#objects.get(idOf(object));
    if (object.kind === 'Job') this.#wantedJobs.add(idOf(object));
    if (object.kind === 'StatefulSet') keepRestart(object, existing);
    const base = object.metadata?.resourceVersion;
    if (base !== undefined && base !== existing?.metadata?.resourceVersion) throw new Error(`${object.kind}: conflict`);
    if (existing === undefined || textOf(existing) !== textOf(object)) this.put(object);
  }

  /** Jobs of images that say nothing: `hangs` runs on, `late` has been ended at its deadline. */
  silent: 'hangs' | 'late' | undefined;

  /** Jobs of images that are tried, with their pods: one whose image can be pulled has ended well by the next look. */
  get trials(): EtcdObjects['trials'] {
    const jobs = this.#ofKind<V1Job>('Job');
    if (this.silent !== undefined) return { jobs: jobs.map((job) => silentJob(job, this.silent === 'late')), pods: [] };
    const pods: V1Pod[] = jobs.filter((job) => isBad(imageOf(job))).map(stuckPod);
    const conditions = [{ type: 'Complete', status: 'True' }];
    return { jobs: jobs.map((job) => (isBad(imageOf(job)) ? job : { ...job, status: { conditions } })), pods };
  }

  /** As the operator does with what a reconcile no longer applied. */
  forgetUnwantedJobs(): void {
    for (const job of this.#ofKind<V1Job>('Job')) {
      const object = job as KubernetesObject;
      if (!this.#wantedJobs.has(idOf(object))) this.delete(object);
    }
    this.#wantedJobs.clear();
  }

  delete(object: KubernetesObject | undefined): void {
    if (object !== undefined) this.#objects.delete(idOf(object));
  }

  clear(): void {
    this.#objects.clear();
  }

  #ofKind<T extends KubernetesObject>(kind: string): T[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind) as T[];
  }
}

function silentJob(job: V1Job, isLate: boolean): V1Job {
  const metadata = { ...job.metadata, creationTimestamp: new Date() };
  const conditions = [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }];
  return { ...job, metadata, ...(isLate ? { status: { conditions } } : {}) };
}

function imageOf({ spec }: V1Job): string {
  return spec?.template.spec?.containers[0]?.image ?? '';
}

function stuckPod({ metadata }: V1Job): V1Pod {
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
  const container = { name: 'etcd', image: '', imageID: '', ready: false, restartCount: 0, state: { waiting } };
  const labels = { 'batch.kubernetes.io/job-name': metadata?.name ?? '' };
  return { metadata: { name: `${metadata?.name}-x`, labels }, status: { containerStatuses: [container] } };
}

/** What kubectl set belongs to kubectl: an apply of others leaves it. */
function keepRestart(object: KubernetesObject, existing: KubernetesObject | undefined): void {
  const metadataOf = (set: V1StatefulSet | undefined): V1ObjectMeta | undefined => set?.spec?.template.metadata;
  const at = metadataOf(existing as V1StatefulSet | undefined)?.annotations?.[restartedAnnotation];
  const metadata = metadataOf(object as V1StatefulSet);
  if (at !== undefined && metadata !== undefined) {
    metadata.annotations = { ...metadata.annotations, [restartedAnnotation]: at };
  }
}

function idOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata?.name}`;
}

function textOf(object: KubernetesObject): string {
  const { resourceVersion: _, ...metadata } = object.metadata ?? {};
  return JSON.stringify({ ...object, metadata });
}
