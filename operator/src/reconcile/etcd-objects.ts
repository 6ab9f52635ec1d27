/** The objects of a KvStore's etcd: as the caches show them, and as the API server has them. */
import type {
  KubernetesObject,
  V1ConfigMap,
  V1Job,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { belongsTo, ForeignObjectError } from '../apply/ownership.ts';
import { type Component, labelKeys } from '../desired/labels.ts';
import type { EtcdObjects } from '../etcd/contract.ts';
import { etcdNames } from '../etcd/names.ts';
import { secretNames } from '../etcd/tls/secrets.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { ObjectCache } from '../kube/object-cache.ts';
import type { PolledSecrets } from '../kube/polled-secrets.ts';
import { pathOf, type Resource, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';

interface Sources {
  readonly caches: Caches;
  readonly client: KubeClient;
  readonly secrets: PolledSecrets;
}

/**
 * What there is of a KvStore's etcd. The record of its members and the StatefulSet are read from the server when the
 * caches do not have them: one that merely lost its labels must not look like an etcd that was never started.
 * @throws ForeignObjectError when one of them or a Secret has another owner: its contents are not looked at
 */
export async function etcdObjectsOf(kvstore: KvStore, { caches, client, secrets }: Sources): Promise<EtcdObjects> {
  const { namespace, name } = kvstore.metadata;
  const key = `${namespace}/${name}`;
  const find = async <T extends KubernetesObject>(cache: ObjectCache<T>, resource: Resource): Promise<T | undefined> =>
    cache.get(namespace, `${name}-etcd`) ?? (await client.find<T>(pathOf(resource, namespace, `${name}-etcd`)));
  const statefulSet = await find(caches.statefulSets, resources.statefulSets);
  const configMap = await find(caches.configMaps, resources.configMaps);
  // A record of the members that another owner wrote says nothing about them.
  for (const object of [statefulSet, configMap]) {
    if (object !== undefined && !belongsTo(object, kvstore)) throw new ForeignObjectError(object);
  }
  const pods = caches.pods.ofGroup(key);
  return {
    ...(statefulSet === undefined ? {} : { statefulSet }),
    ...(configMap === undefined ? {} : { configMap }),
    pods: pods.filter(isOf('etcd')),
    claims: caches.claims.ofGroup(key).filter(isOf('etcd')),
    trials: { jobs: caches.jobs.ofGroup(key).filter(isOf('etcd-image')), pods: pods.filter(isOf('etcd-image')) },
    secrets: await ownSecrets(kvstore, secrets, pods.some(isMade) ? madeMs : undefined),
  };
}

/** The same, all of it asked of the API server, except Secrets: those are read and not watched anyway. */
export async function readEtcdObjects(
  kvstore: KvStore,
  { client, secrets }: Omit<Sources, 'caches'>,
): Promise<EtcdObjects> {
  const { namespace, name: instance } = kvstore.metadata;
  const { name } = etcdNames(kvstore);
  const labelSelector = `${labelKeys.instance}=${instance},${labelKeys.component} in (etcd,etcd-image)`;
  const list = async <T>(resource: Resource): Promise<readonly T[]> => {
    const path = pathOf(resource, namespace);
    return (await client.request<{ readonly items: readonly T[] }>('GET', path, { query: { labelSelector } })).items;
  };
  const [statefulSet, configMap, pods, claims, jobs] = await Promise.all([
    client.find<V1StatefulSet>(pathOf(resources.statefulSets, namespace, name)),
    client.find<V1ConfigMap>(pathOf(resources.configMaps, namespace, name)),
    list<V1Pod>(resources.pods),
    list<V1PersistentVolumeClaim>(resources.claims),
    list<V1Job>(resources.jobs),
  ]);
  return {
    ...(statefulSet === undefined ? {} : { statefulSet }),
    ...(configMap === undefined ? {} : { configMap }),
    pods: pods.filter(isOf('etcd')),
    claims: claims.filter(isOf('etcd')),
    trials: { jobs: jobs.filter(isOf('etcd-image')), pods: pods.filter(isOf('etcd-image')) },
    secrets: await ownSecrets(kvstore, secrets),
  };
}

function isOf(component: Component): (object: KubernetesObject) => boolean {
  return ({ metadata }) => metadata?.labels?.[labelKeys.component] === component;
}

/** A pod that is being made may wait for a Secret that somebody deleted: it is looked at sooner then. */
const madeMs = 2_000;

function isMade({ metadata, status }: V1Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined || status?.phase !== 'Pending') return false;
  const [container] = status.containerStatuses ?? [];
  return container === undefined || container.state?.waiting?.reason === 'ContainerCreating';
}

async function ownSecrets(kvstore: KvStore, secrets: PolledSecrets, maxAgeMs?: number): Promise<readonly V1Secret[]> {
  const found = await secrets.read(kvstore.metadata.namespace, etcdSecretNames(kvstore), maxAgeMs);
  const foreign = found.find((secret) => !belongsTo(secret, kvstore));
  if (foreign === undefined) return found;
  secrets.forget(kvstore.metadata.namespace, etcdSecretNames(kvstore));
  throw new ForeignObjectError(foreign);
}

export function etcdSecretNames(kvstore: {
  readonly metadata: Pick<KvStore['metadata'], 'name' | 'namespace'>;
}): string[] {
  return Object.values(secretNames(etcdNames(kvstore)));
}
