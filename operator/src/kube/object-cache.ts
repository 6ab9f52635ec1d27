/** The newest known state of the objects of one kind. Objects are shared: never modify them. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { kind } from '../kvstore.ts';

export class ObjectCache<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  /** Objects by KvStore: a lookup must not cost a walk over every store's objects. */
  readonly #groups = new Map<string, Map<string, T>>();
  readonly #groupOf: (object: T) => string | undefined;

  /** @param groupOf the key of the KvStore that an object belongs to */
  constructor(groupOf: (object: T) => string | undefined) {
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  ofGroup(key: string): readonly T[] {
    return [...(this.#groups.get(key)?.values() ?? [])];
  }

  /**
   * Takes in an object, without what is never read here, unless something newer is known, as when the answer of a write
   * overtakes the watch.
   * @returns whether it was news
   */
  put(whole: T): boolean {
    const object = slim(whole);
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known !== undefined && !isNewer(object, known)) return false;
    if (known !== undefined) this.#leaveGroup(key, known);
    this.#objects.set(key, object);
    const group = this.#groupOf(object);
    if (group !== undefined) {
      const members = this.#groups.get(group) ?? new Map<string, T>();
      this.#groups.set(group, members.set(key, object));
    }
    return true;
  }

  /** Forgets an object, unless one made later has taken its name. */
  remove(object: T): boolean {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known === undefined || (known.metadata?.uid !== object.metadata?.uid && isNewer(known, object))) return false;
    this.#objects.delete(key);
    this.#leaveGroup(key, known);
    return true;
  }

  #leaveGroup(key: string, object: T): void {
    const group = this.#groupOf(object);
    const members = group === undefined ? undefined : this.#groups.get(group);
    if (group === undefined || members === undefined) return;
    members.delete(key);
    if (members.size === 0) this.#groups.delete(group);
  }
}

/** namespace/name */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

/** Resource versions of one kind are numbers in the order of the writes (guaranteed by the API since Kubernetes 1.35, true before). */
function isNewer(a: KubernetesObject, b: KubernetesObject): boolean {
  return BigInt(a.metadata?.resourceVersion ?? 0) > BigInt(b.metadata?.resourceVersion ?? 0);
}

/**
 * managedFields are half of an object. A KvStore's annotations are its users' own, up to 256 KiB; what kubectl last applied is
 * the whole object once more.
 */
function slim<T extends KubernetesObject>(object: T): T {
  const { managedFields: _, annotations, ...metadata } = object.metadata ?? {};
  if (annotations === undefined || object.kind === kind) return { ...object, metadata };
  const { 'kubectl.kubernetes.io/last-applied-configuration': __, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}
