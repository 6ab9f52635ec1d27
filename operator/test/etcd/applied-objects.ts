/** What was applied, with versions: an API server's part in it. */
import type { KubernetesObject, V1ConfigMap, V1Secret, V1StatefulSet } from '@kubernetes/client-node';

export class AppliedObjects {
  readonly #objects = new Map<string, KubernetesObject>();
  #version = 0;

  get statefulSet(): V1StatefulSet | undefined {
    return this.#ofKind<V1StatefulSet>('StatefulSet')[0];
  }

  get configMap(): V1ConfigMap | undefined {
    return this.#ofKind<V1ConfigMap>('ConfigMap')[0];
  }

  get secrets(): V1Secret[] {
    return this.#ofKind<V1Secret>('Secret');
  }

  secret(name: string): V1Secret | undefined {
    return this.secrets.find(({ metadata }) => metadata?.name === name);
  }

  /** As somebody else would, whatever was there. */
  put(object: KubernetesObject): void {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#objects.set(idOf(object), { ...structuredClone(object), metadata });
  }

  /** @throws on a conflict: another version than the object names is there */
  apply(object: KubernetesObject): void {
    const existing = this.#objects.get(idOf(object));
    const base = object.metadata?.resourceVersion;
    if (base !== undefined && base !== existing?.metadata?.resourceVersion) throw new Error(`${object.kind}: conflict`);
    if (existing === undefined || textOf(existing) !== textOf(object)) this.put(object);
  }

  delete(object: KubernetesObject | undefined): void {
    if (object !== undefined) this.#objects.delete(idOf(object));
  }

  clear(): void {
    this.#objects.clear();
  }

  #ofKind<T extends KubernetesObject>(kind: string): T[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind) as T[];
  }
}

function idOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata?.name}`;
}

function textOf(object: KubernetesObject): string {
  const { resourceVersion: _, ...metadata } = object.metadata ?? {};
  return JSON.stringify({ ...object, metadata });
}
