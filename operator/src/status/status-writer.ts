/** Writes statuses, only when they say something new. */
import { isDeepStrictEqual } from 'node:util';
import { type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import { group, type KvStore, type KvStoreStatus, kind, version } from '../kvstore.ts';

/** Apart from the manager of other objects: the status subresource is applied as a whole. */
const statusManager = 'kvstore-operator-status';

export class StatusWriter {
  readonly #client: KubeClient;
  readonly #caches: Caches;

  constructor(client: KubeClient, caches: Caches) {
    this.#client = client;
    this.#caches = caches;
  }

  /** A KvStore that is gone meanwhile is no error. */
  async write({ metadata, status: known }: KvStore, status: KvStoreStatus): Promise<void> {
    if (isDeepStrictEqual(known, status)) return;
    const { namespace, name, uid } = metadata;
    const path = `${pathOf(resources.kvStores, namespace, name)}/status`;
    const body = { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace, uid }, status };
    try {
      const written = await this.#client.request<KvStore & KubernetesObject>('PATCH', path, {
        contentType: PatchStrategy.ServerSideApply,
        query: { fieldManager: statusManager, force: 'true' },
        body,
      });
      this.#caches.kvStores.put(written);
    } catch (error) {
      // 409: another KvStore has taken the name.
      if (!hasStatus(error, 404, 409)) throw error;
    }
  }
}
