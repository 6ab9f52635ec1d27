/** What the account and the policy of a KvStore's pods are called: not as anything that a user would make. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { defaultNames, type OwnNames } from './desired/labels.ts';
import type { KubeClient } from './kube/kube-client.ts';
import type { ObjectCache } from './kube/object-cache.ts';
import { pathOf, type Resource, resources } from './kube/resources.ts';
import type { Caches } from './kube/sources.ts';
import type { KvStore } from './kvstore.ts';
import { belongsTo } from './ownership.ts';

/**
 * Objects that an older operator made have the KvStore's own name and keep it: another account would make all pods anew,
 * and an older policy that is left behind would still admit the clients that it names.
 */
export async function readOwnNames(
  kvstore: KvStore,
  { caches, client }: { readonly caches: Caches; readonly client: KubeClient },
): Promise<OwnNames> {
  const { name, namespace } = kvstore.metadata;
  const names = defaultNames(name);
  const isKept = async <T extends KubernetesObject>(
    cache: ObjectCache<T>,
    resource: Resource,
    present: string,
  ): Promise<boolean> => {
    const older: KubernetesObject | undefined = cache.get(namespace, name);
    if (older !== undefined) return belongsTo(older, kvstore);
    if (cache.get(namespace, present) !== undefined) return false;
    // One that lost its labels is not in the cache.
    const found = await client.find<KubernetesObject>(pathOf(resource, namespace, name));
    return found !== undefined && belongsTo(found, kvstore);
  };
  const { serviceAccounts, networkPolicies } = caches;
  return {
    serviceAccount: (await isKept(serviceAccounts, resources.serviceAccounts, names.serviceAccount))
      ? name
      : names.serviceAccount,
    networkPolicy: (await isKept(networkPolicies, resources.networkPolicies, names.networkPolicy))
      ? name
      : names.networkPolicy,
  };
}
