/** Pods and routes of a KvStore wait for what protects others from them, and them from others. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Applier } from '../apply/apply.ts';
import { belongsTo, isControlledBy } from '../apply/ownership.ts';
import type { OwnNames } from '../desired/labels.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { ObjectCache } from '../kube/object-cache.ts';
import { pathOf, type Resource, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { RefusedReferenceError, refuseReferences } from './references.ts';

interface Parts {
  readonly caches: Caches;
  readonly client: KubeClient;
  readonly applier: Applier;
}

/** The identity that pods run with, and the policy that says who reaches them. */
const protecting: ReadonlySet<string> = new Set([resources.serviceAccounts.kind, resources.networkPolicies.kind]);
/**
 * What runs with them or leads to them. The StatefulSet of etcd is not among them: its policy, its Service and the record of
 * its members are applied before it, and what fails there ends the pass over etcd (reconcile-members.ts).
 */
const guarded: ReadonlySet<string> = new Set([
  resources.deployments.kind,
  resources.cronJobs.kind,
  resources.jobs.kind,
  resources.ingresses.kind,
]);

export class Protection {
  #isWhole = true;

  /** True: this object is neither made nor changed for now. What is there already stays. */
  holdsBack({ kind = '' }: KubernetesObject): boolean {
    return !this.#isWhole && guarded.has(kind);
  }

  /** This object could not be made as wanted. */
  lacks({ kind = '' }: KubernetesObject): void {
    if (protecting.has(kind)) this.#isWhole = false;
  }

  /**
   * A spec that refers to what it must not gets nothing that is guarded, and loses backups into such a claim, which would
   * write into it at the next turn of their schedule.
   * @throws RefusedReferenceError
   */
  async check(kvstore: KvStore, { caches, client, applier }: Parts): Promise<void> {
    try {
      await refuseReferences(kvstore, { caches, client });
    } catch (error) {
      this.#isWhole = false;
      const { namespace, name } = kvstore.metadata;
      const cronJob = caches.cronJobs.get(namespace, `${name}-backup`);
      const isRefused = error instanceof RefusedReferenceError && error.field === 'spec.backup.volumeClaim';
      if (isRefused && cronJob !== undefined && isControlledBy(cronJob, kvstore)) {
        await applier.remove(cronJob, cronJob.metadata?.uid);
      }
      throw error;
    }
  }
}

/**
 * Whether an etcd must not begin: the account or the policy of the KvStore's pods is another owner's. One that has begun, as
 * its StatefulSet or the record of its members says, goes on and is repaired, for its values: its members have a policy of
 * their own and no identity.
 */
export async function etcdMayNotBegin(
  kvstore: KvStore,
  { serviceAccount, networkPolicy }: OwnNames,
  { caches, client }: Omit<Parts, 'applier'>,
): Promise<boolean> {
  const { namespace, name } = kvstore.metadata;
  /** One without our labels is in no cache. */
  const find = async (cache: ObjectCache<KubernetesObject>, resource: Resource, of: string) =>
    cache.get(namespace, of) ?? (await client.find<KubernetesObject>(pathOf(resource, namespace, of)));
  const isForeign = async (...which: Parameters<typeof find>): Promise<boolean> => {
    const object = await find(...which);
    return object !== undefined && !belongsTo(object, kvstore);
  };
  const isProtected =
    !(await isForeign(caches.serviceAccounts, resources.serviceAccounts, serviceAccount)) &&
    !(await isForeign(caches.networkPolicies, resources.networkPolicies, networkPolicy));
  if (isProtected) return false;
  const etcd = `${name}-etcd`;
  const begun =
    (await find(caches.statefulSets, resources.statefulSets, etcd)) ??
    (await find(caches.configMaps, resources.configMaps, etcd));
  return begun === undefined;
}
