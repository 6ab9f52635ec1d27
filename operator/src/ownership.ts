/** Whose an object is. The operator never changes what belongs to somebody else. */
import type { KubernetesObject, V1OwnerReference } from '@kubernetes/client-node';
import { labelKeys, managedBy } from './desired/labels.ts';
import { group, type KvStore, kind, version } from './kvstore.ts';

/** An object that the operator needs has another owner. */
export class ForeignObjectError extends Error {
  override readonly name = 'ForeignObjectError';
  /** Of the object. */
  readonly kind: string | undefined;

  constructor({ kind, metadata }: KubernetesObject) {
    const claimsToBeOurs = metadata?.labels?.[labelKeys.managedBy] === managedBy;
    super(
      claimsToBeOurs
        ? `${kind} ${metadata.name} has the labels of this KvStore but is not controlled by it: remove it, or make the ` +
            'KvStore its controller if it is the one that the operator made (docs/operator.md, "What there is")'
        : `${kind} ${metadata?.name} exists and does not belong to this KvStore: rename one of them, or remove it`,
    );
    this.kind = kind;
  }
}

export function ownerReference({ metadata }: KvStore): V1OwnerReference {
  return {
    apiVersion: `${group}/${version}`,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: false,
  };
}

/** Whether an object's controller is this very KvStore. */
export function isControlledBy(object: KubernetesObject, { metadata }: KvStore): boolean {
  return (
    object.metadata?.ownerReferences?.some(({ controller, uid }) => controller === true && uid === metadata.uid) ??
    false
  );
}

/**
 * Whether an object is a KvStore's: by its controller. Labels alone are easily copied with whatever else an object holds;
 * only volumes go by them, which outlive their KvStore.
 */
export function belongsTo(object: KubernetesObject, { metadata }: KvStore): boolean {
  const controller = object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
  if (controller !== undefined) return controller.uid === metadata.uid;
  if (object.kind !== 'PersistentVolumeClaim') return false;
  const labels = object.metadata?.labels ?? {};
  return labels[labelKeys.managedBy] === managedBy && labels[labelKeys.instance] === metadata.name;
}

/** The KvStores of many objects of all namespaces, by the rule of belongsTo. */
export class Owners {
  readonly all: readonly KvStore[];
  readonly #byUid: ReadonlyMap<string, KvStore>;
  readonly #byName: ReadonlyMap<string, KvStore>;

  constructor(kvstores: Iterable<KvStore>) {
    this.all = [...kvstores];
    this.#byUid = new Map(this.all.map((kvstore) => [kvstore.metadata.uid, kvstore]));
    this.#byName = new Map(
      this.all.map((kvstore) => [keyOf(kvstore.metadata.namespace, kvstore.metadata.name), kvstore]),
    );
  }

  /** Undefined: it belongs to none of them. */
  of(object: KubernetesObject): KvStore | undefined {
    const { namespace, labels, ownerReferences } = object.metadata ?? {};
    const controller = ownerReferences?.find((reference) => reference.controller === true);
    const candidate =
      controller === undefined
        ? this.#byName.get(keyOf(namespace, labels?.[labelKeys.instance]))
        : this.#byUid.get(controller.uid);
    return candidate !== undefined && belongsTo(object, candidate) ? candidate : undefined;
  }
}

function keyOf(namespace: string | undefined, name: string | undefined): string {
  return `${namespace}/${name}`;
}
