/** Every kind the operator follows, and which KvStore a change of an object concerns. */
import type {
  KubernetesObject,
  V1ConfigMap,
  V1CronJob,
  V1Deployment,
  V1Ingress,
  V1Job,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { controllingStore } from '../apply/ownership.ts';
import type { Clock } from '../clock.ts';
import { labelKeys } from '../desired/labels.ts';
import type { KvStore } from '../kvstore.ts';
import type { KubeClient } from './kube-client.ts';
import { keyOf, ObjectCache } from './object-cache.ts';
import { type Resource, type ResourceName, resources } from './resources.ts';
import { Source } from './source.ts';

export interface Caches {
  readonly kvStores: ObjectCache<KvStore & KubernetesObject>;
  readonly deployments: ObjectCache<V1Deployment>;
  readonly statefulSets: ObjectCache<V1StatefulSet>;
  readonly services: ObjectCache<V1Service>;
  readonly configMaps: ObjectCache<V1ConfigMap>;
  readonly serviceAccounts: ObjectCache<V1ServiceAccount>;
  /** Filled by reading a few by name (polled-secrets.ts): no Secret is ever listed or watched. */
  readonly secrets: ObjectCache<V1Secret>;
  readonly pods: ObjectCache<V1Pod>;
  readonly claims: ObjectCache<V1PersistentVolumeClaim>;
  readonly cronJobs: ObjectCache<V1CronJob>;
  readonly jobs: ObjectCache<V1Job>;
  readonly ingresses: ObjectCache<V1Ingress>;
  readonly networkPolicies: ObjectCache<V1NetworkPolicy>;
  readonly disruptionBudgets: ObjectCache<V1PodDisruptionBudget>;
  readonly serviceMonitors: ObjectCache<KubernetesObject>;
}

export interface SourcesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** The namespaces to follow; all when empty. */
  readonly namespaces: readonly string[];
  readonly resyncMs: number;
  readonly silenceMs: number;
  /** A KvStore (namespace/name), or something that belongs to it, changed. */
  readonly onChange: (key: string) => void;
  readonly onRestart: (resource: Resource) => void;
}

export interface Sources {
  readonly caches: Caches;
  /** Resolves once every cache was filled. */
  readonly synced: Promise<void>;
  hasSynced(): boolean;
  /** Whether the API server has this kind in every namespace that is followed. */
  isInstalled(name: ResourceName): boolean;
  /** Resolves once the signal is aborted and every watch has ended. */
  run(signal: AbortSignal): Promise<void>;
}

export function createSources(options: SourcesOptions): Sources {
  const group = <T extends KubernetesObject>(): ObjectCache<T> => new ObjectCache<T>(kvStoreKeyOf);
  const caches: Caches = {
    kvStores: group(),
    deployments: group(),
    statefulSets: group(),
    services: group(),
    configMaps: group(),
    serviceAccounts: group(),
    secrets: group(),
    pods: group(),
    claims: group(),
    cronJobs: group(),
    jobs: group(),
    ingresses: group(),
    networkPolicies: group(),
    disruptionBudgets: group(),
    serviceMonitors: group(),
  };
  const scopes = options.namespaces.length === 0 ? [undefined] : options.namespaces;
  const names = (Object.keys(resources) as ResourceName[]).filter((name) => name !== 'secrets');
  const byName = new Map<ResourceName, Source<KubernetesObject>[]>(
    names.map((name) => [name, scopes.map((namespace) => createSource(name, namespace, caches, options))]),
  );
  const sources = [...byName.values()].flat();
  return {
    caches,
    synced: Promise.all(sources.map((source) => source.synced)).then(() => undefined),
    hasSynced: () => sources.every((source) => source.hasSynced),
    isInstalled: (name) => byName.get(name)?.every((source) => source.isInstalled) ?? false,
    async run(signal) {
      await Promise.all(sources.map((source) => source.run(signal)));
    },
  };
}

function createSource(
  name: ResourceName,
  namespace: string | undefined,
  caches: Caches,
  { onChange, namespaces: _, ...options }: SourcesOptions,
): Source<KubernetesObject> {
  return new Source<KubernetesObject>({
    ...options,
    resource: resources[name],
    // The cache's type follows from its name, which the compiler cannot see through a lookup.
    cache: caches[name] as unknown as ObjectCache<KubernetesObject>,
    ...(namespace === undefined ? {} : { namespace }),
    // Ingresses of others too: a host has one owner.
    ...(name === 'kvStores' || name === 'ingresses' ? {} : { labelSelector: `${labelKeys.name}=kvstore` }),
    optional: name === 'serviceMonitors',
    onChange(object) {
      const key = isOurs(object) ? kvStoreKeyOf(object) : undefined;
      if (key !== undefined) onChange(key);
    },
  });
}

/** False: an Ingress that concerns no KvStore but as another owner of a host. */
function isOurs(object: KubernetesObject): boolean {
  if (object.kind !== resources.ingresses.kind || object.metadata?.labels?.[labelKeys.name] === 'kvstore') return true;
  return controllingStore(object) !== undefined;
}

/**
 * The KvStore that an object is or belongs to: by its controller, as everywhere (apply/ownership.ts). Labels, which anybody
 * may rewrite, count only for what a KvStore does not control itself, such as pods and volumes.
 */
export function kvStoreKeyOf(object: KubernetesObject): string | undefined {
  if (object.kind === resources.kvStores.kind) return keyOf(object);
  const name = controllingStore(object)?.name ?? object.metadata?.labels?.[labelKeys.instance];
  return name === undefined ? undefined : `${object.metadata?.namespace}/${name}`;
}
