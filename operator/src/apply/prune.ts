/** Removes what a KvStore owned and no longer wants: the Ingress that was switched off, a budget of a single replica. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { ResourceName } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { type Applier, objectId } from './apply.ts';
import { isControlledBy } from './ownership.ts';

/** The kinds that a KvStore may want or not; it always has all the others. Never those that hold data. */
const prunable = [
  'ingresses',
  'disruptionBudgets',
  'serviceMonitors',
  'cronJobs',
  'jobs',
] as const satisfies readonly ResourceName[];

/**
 * @param wanted the ids (objectId) of everything that was applied in this reconcile
 */
export async function prune(
  kvstore: KvStore,
  caches: Caches,
  applier: Applier,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const key = `${kvstore.metadata.namespace}/${kvstore.metadata.name}`;
  for (const name of prunable) {
    const objects: readonly KubernetesObject[] = caches[name].ofGroup(key);
    for (const object of objects) {
      const unwanted = !wanted.has(objectId(name, object)) && object.metadata?.deletionTimestamp === undefined;
      // Labels say nothing: a backup that somebody made by hand has those of the others.
      if (unwanted && isControlledBy(object, kvstore)) await applier.remove(object, object.metadata?.uid);
    }
  }
}
