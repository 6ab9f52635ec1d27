/** Whether a KvStore may begin with another one's backups: only where their owner says so. */
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/kube-client.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore, RestoreSpec } from '../kvstore.ts';

/** On a claim: names of the KvStores that may restore whatever is in it, with commas between them; `*` is all. */
export const restorableByAnnotation = 'kvstore.dev/restorable-by';

/** Milliseconds after which a restore that was not allowed is looked at again: the permission is on another object. */
export const permissionPollMs = 30_000;

export class RestoreNotAllowedError extends Error {
  override readonly name = 'RestoreNotAllowedError';

  constructor({ volumeClaim }: RestoreSpec, source: string, name: string) {
    super(
      `spec.restoreFrom: the backups of ${source} may not be restored into ${name}: add ${name} to ` +
        `spec.backup.restorableBy of the KvStore ${source}, or to the annotation ${restorableByAnnotation} of the ` +
        `claim ${volumeClaim}`,
    );
  }
}

/**
 * A KvStore may always have the backups of its own name: an editor who may make one of that name could have had the store.
 * @throws RestoreNotAllowedError
 */
export async function checkRestoreAllowed(
  kvstore: KvStore,
  restore: RestoreSpec,
  { caches, client }: { readonly caches: Caches; readonly client: KubeClient },
): Promise<void> {
  const { name, namespace } = kvstore.metadata;
  const source = restore.kvStore ?? name;
  if (source === name) return;
  const named = caches.kvStores.get(namespace, source)?.spec.backup?.restorableBy ?? [];
  if (allows(named, name)) return;
  const claim = await client.find<V1PersistentVolumeClaim>(pathOf(resources.claims, namespace, restore.volumeClaim));
  const annotated = claim?.metadata?.annotations?.[restorableByAnnotation]?.split(',') ?? [];
  if (!allows(annotated, name)) throw new RestoreNotAllowedError(restore, source, name);
}

function allows(names: readonly string[], name: string): boolean {
  return names.some((each) => each.trim() === name || each.trim() === '*');
}
