/** Hands the etcd side what it may do and what the caches show. */
import type { KubernetesObject, V1Pod, V1Secret } from '@kubernetes/client-node';
import type { Applier } from './apply.ts';
import { labelKeys } from './desired/labels.ts';
import type { EtcdObjects, EtcdTools, Identity, MemberClient } from './etcd/contract.ts';
import { etcdNames } from './etcd/names.ts';
import { secretNames } from './etcd/tls/secrets.ts';
import type { EventRecorder } from './events.ts';
import type { KubeClient } from './kube/kube-client.ts';
import type { ObjectCache } from './kube/object-cache.ts';
import type { PolledSecrets } from './kube/polled-secrets.ts';
import { pathOf, type Resource, resources } from './kube/resources.ts';
import type { Caches } from './kube/sources.ts';
import type { KvStore } from './kvstore.ts';
import { belongsTo, ForeignObjectError } from './ownership.ts';

/** The client of a member by its pod's address. */
export type MemberAccess = (
  kvstore: KvStore,
  podName: string,
  podIp: string | undefined,
  identity: Identity,
) => MemberClient;

export interface EtcdToolsOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly applier: Applier;
  readonly events: EventRecorder;
  readonly memberAccess: MemberAccess;
  readonly secrets: PolledSecrets;
  /** The time of day. */
  readonly now: () => Date;
  readonly apply: (object: KubernetesObject) => Promise<void>;
}

/**
 * What there is of a KvStore's etcd. The record of its members and the StatefulSet are asked for when the caches do not
 * have them: one that merely lost its labels must not look like an etcd that was never started.
 * @throws ForeignObjectError when a Secret is somebody else's: its contents are not looked at
 */
export async function etcdObjectsOf(
  kvstore: KvStore,
  { caches, client, secrets }: Pick<EtcdToolsOptions, 'caches' | 'client' | 'secrets'>,
): Promise<EtcdObjects> {
  const { namespace, name } = kvstore.metadata;
  const key = `${namespace}/${name}`;
  const isEtcd = (object: KubernetesObject): boolean => object.metadata?.labels?.[labelKeys.component] === 'etcd';
  const find = async <T extends KubernetesObject>(cache: ObjectCache<T>, resource: Resource): Promise<T | undefined> =>
    cache.get(namespace, `${name}-etcd`) ?? (await client.find<T>(pathOf(resource, namespace, `${name}-etcd`)));
  const statefulSet = await find(caches.statefulSets, resources.statefulSets);
  const configMap = await find(caches.configMaps, resources.configMaps);
  return {
    ...(statefulSet === undefined ? {} : { statefulSet }),
    ...(configMap === undefined ? {} : { configMap }),
    pods: caches.pods.ofGroup(key).filter(isEtcd),
    claims: caches.claims.ofGroup(key).filter(isEtcd),
    secrets: await ownSecrets(kvstore, secrets, caches.pods.ofGroup(key).some(isMade) ? madeMs : undefined),
  };
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

export function createEtcdTools(kvstore: KvStore, options: EtcdToolsOptions): EtcdTools {
  const { client, caches, applier, events, memberAccess, apply } = options;
  const remove = (apiVersion: string, kind: string, namespace: string, name: string, uid: string): Promise<void> =>
    applier.remove({ apiVersion, kind, metadata: { namespace, name } }, uid);
  return {
    apply,
    deletePod: (namespace, name, uid) => remove('v1', 'Pod', namespace, name, uid),
    deleteClaim: (namespace, name, uid) => remove('v1', 'PersistentVolumeClaim', namespace, name, uid),
    async resizeClaim(namespace, name, uid, size) {
      const body = { metadata: { uid }, spec: { resources: { requests: { storage: size } } } };
      const path = pathOf(resources.claims, namespace, name);
      await client.request('PATCH', path, { contentType: 'application/merge-patch+json', body });
    },
    event: (type, reason, message) => events.record(kvstore, type, reason, message),
    now: options.now,
    member(podName, identity) {
      const pod = caches.pods.get(kvstore.metadata.namespace, podName);
      return memberAccess(kvstore, podName, pod?.status?.podIP, identity);
    },
  };
}
