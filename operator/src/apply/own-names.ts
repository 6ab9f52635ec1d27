/** What the account and the policy of a KvStore's pods are called: not as anything that a user would make. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { defaultNames, type OwnNames, secondName } from '../desired/labels.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { ObjectCache } from '../kube/object-cache.ts';
import { pathOf, type Resource, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { belongsTo, controllingStore } from './ownership.ts';

/**
 * Objects that an older operator made have the KvStore's own name and keep it: another account would make all pods anew,
 * and an older policy that is left behind would still admit the clients that it names. So the default name of `shop` may
 * be that of the KvStore `shop-kvstore`: `shop` then has a second name, and keeps it when the other one is gone.
 */
export async function readOwnNames(
  kvstore: KvStore,
  { caches, client }: { readonly caches: Caches; readonly client: KubeClient },
): Promise<OwnNames> {
  const { name, namespace, uid } = kvstore.metadata;
  const second = secondName(name, uid);
  const nameOf = async <T extends KubernetesObject>(
    cache: ObjectCache<T>,
    resource: Resource,
    present: string,
  ): Promise<string> => {
    const known = (each: string): KubernetesObject | undefined => cache.get(namespace, each);
    // One that lost its labels is not in the cache.
    const find = async (each: string): Promise<KubernetesObject | undefined> =>
      known(each) ?? (await client.find<KubernetesObject>(pathOf(resource, namespace, each)));
    const isOwn = (object: KubernetesObject | undefined): boolean => object !== undefined && belongsTo(object, kvstore);
    const older = known(name);
    if (isOwn(older)) return name;
    if (isOwn(known(second))) return second;
    if (isOwn(known(present))) return present;
    if (older === undefined && isOwn(await find(name))) return name;
    if (isOwn(await find(second))) return second;
    return isOfOther(await find(present), kvstore) ? second : present;
  };
  const names = defaultNames(name);
  return {
    serviceAccount: await nameOf(caches.serviceAccounts, resources.serviceAccounts, names.serviceAccount),
    networkPolicy: await nameOf(caches.networkPolicies, resources.networkPolicies, names.networkPolicy),
  };
}

/** Whether an object is another KvStore's. What a former one of the same name had goes with it, and its name is free. */
function isOfOther(object: KubernetesObject | undefined, { metadata }: KvStore): boolean {
  const store = object === undefined ? undefined : controllingStore(object);
  return store !== undefined && store.name !== metadata.name;
}
