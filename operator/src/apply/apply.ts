/** Brings objects to their wanted state by server-side apply, without asking when the cache shows that they have it. */
import { createHash } from 'node:crypto';
import { type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import type { ObjectCache } from '../kube/object-cache.ts';
import { pathOf, type ResourceName, resourceNameOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { belongsTo, ForeignObjectError, ownerReference } from './ownership.ts';
import { isSameShape, isSubset, listsToReplace } from './subset.ts';

/** Under which the API server records what the operator set. */
export const fieldManager = 'kvstore-operator';

const repairQuery = { fieldManager: `${fieldManager}-repair` };

export class Applier {
  readonly #client: KubeClient;
  readonly #caches: Caches;
  /** By object: what was last applied, and the version that made. Emptied by a restart, so each object is then applied once. */
  readonly #applied = new Map<string, { readonly hash: string; readonly resourceVersion: string }>();

  constructor(client: KubeClient, caches: Caches) {
    this.#client = client;
    this.#caches = caches;
  }

  /**
   * @returns whether a call was needed
   * @throws ForeignObjectError when the object is there and somebody else's
   * @throws KubeError when the API server refuses it; 409 when it changed hands meanwhile
   */
  async apply(owner: KvStore, object: KubernetesObject): Promise<boolean> {
    const name = resourceNameOf(object);
    const wanted = outlivesOwner(object) ? object : withOwner(object, owner);
    const id = objectId(name, wanted);
    const hash = createHash('sha256')
      .update(JSON.stringify(comparable(wanted)))
      .digest('base64');
    const cached = this.#cache(name).get(namespaceOf(wanted), nameOf(wanted));
    if (cached !== undefined && belongsTo(cached, owner) && this.#isAsWanted(id, hash, wanted, cached)) return false;
    const path = pathOf(resources[name], namespaceOf(wanted), nameOf(wanted));
    const live = cached ?? (await this.#client.find<KubernetesObject>(path));
    if (live !== undefined && !belongsTo(live, owner)) throw new ForeignObjectError(live);
    const patch = (
      body: object,
      contentType: string,
      query: Readonly<Record<string, string>>,
    ): Promise<KubernetesObject> => this.#client.request<KubernetesObject>('PATCH', path, { body, contentType, query });
    const body = live === undefined ? wanted : withUid(wanted, live.metadata?.uid);
    // Unforced where there was nothing: what somebody makes in between is then a conflict and not taken over.
    const serverSide = { fieldManager, force: String(live !== undefined) };
    const repair = (lists: object, { metadata }: KubernetesObject): Promise<KubernetesObject> =>
      patch(
        { ...lists, metadata: { resourceVersion: metadata?.resourceVersion } },
        PatchStrategy.MergePatch,
        repairQuery,
      );

    let applied: KubernetesObject;
    try {
      applied = await patch(body, PatchStrategy.ServerSideApply, serverSide);
    } catch (error) {
      // An item whose key was altered is another item to the server, which may not be valid beside the wanted one.
      const lists = live === undefined || !hasStatus(error, 422) ? undefined : listsToReplace(wanted, live, isSubset);
      if (live === undefined || lists === undefined) throw error;
      await repair(lists, live);
      applied = await patch(body, PatchStrategy.ServerSideApply, serverSide);
    }
    const surplus = listsToReplace(wanted, applied, isSameShape);
    if (surplus !== undefined) applied = await repair(surplus, applied);
    this.#cache(name).put(applied);
    this.#applied.set(id, { hash, resourceVersion: applied.metadata?.resourceVersion ?? '' });
    return true;
  }

  /** Deletes exactly this object; one that is gone or has been replaced is no error. */
  async remove(object: KubernetesObject, uid: string | undefined): Promise<void> {
    const name = resourceNameOf(object);
    const path = pathOf(resources[name], namespaceOf(object), nameOf(object));
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid }, propagationPolicy: 'Background' };
    try {
      await this.#client.request('DELETE', path, { body });
    } catch (error) {
      if (!hasStatus(error, 404, 409)) throw error;
    }
    this.#applied.delete(objectId(name, object));
  }

  /** Forgets what was applied for a KvStore that is gone. */
  forget(namespace: string, name: string): void {
    for (const id of this.#applied.keys()) {
      const [, space, object = ''] = id.split('/');
      if (space === namespace && (object === name || object.startsWith(`${name}-`))) this.#applied.delete(id);
    }
  }

  /** The same after the last apply and since: nothing wanted has changed, and nothing wanted has been altered. */
  #isAsWanted(id: string, hash: string, wanted: KubernetesObject, live: KubernetesObject): boolean {
    const last = this.#applied.get(id);
    if (last === undefined || last.hash !== hash) return false;
    // The server may write a value in another form (a quantity, say): then only its own answer proves that it is right.
    return last.resourceVersion === live.metadata?.resourceVersion || isSubset(comparable(wanted), live);
  }

  #cache(name: ResourceName): ObjectCache<KubernetesObject> {
    // The cache's type follows from its name, which the compiler cannot see through a lookup.
    return this.#caches[name] as unknown as ObjectCache<KubernetesObject>;
  }
}

export function objectId(name: ResourceName, object: KubernetesObject): string {
  return `${name}/${namespaceOf(object)}/${nameOf(object)}`;
}

/** A precondition of an apply is not part of what is wanted. */
function comparable(wanted: KubernetesObject): KubernetesObject {
  const { resourceVersion: _, ...metadata } = wanted.metadata ?? {};
  return { ...wanted, metadata };
}

function withOwner(object: KubernetesObject, owner: KvStore): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: [ownerReference(owner)] } };
}

/** What is in a volume is deleted by people. */
function outlivesOwner({ kind }: KubernetesObject): boolean {
  return kind === resources.claims.kind;
}

/** Applies only to this very object: not to one that has taken its name since. */
function withUid(object: KubernetesObject, uid: string | undefined): KubernetesObject {
  return uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
}

function namespaceOf(object: KubernetesObject): string {
  return object.metadata?.namespace ?? '';
}

function nameOf(object: KubernetesObject): string {
  return object.metadata?.name ?? '';
}
