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
    super(`${kind} ${metadata?.name} exists and does not belong to this KvStore: rename one of them, or remove it`);
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
 * Whether an object is a KvStore's: by its controller; without one, by its labels, as volumes are that outlive their
 * KvStore and as objects are whose owner reference somebody took away.
 */
export function belongsTo(object: KubernetesObject, { metadata }: KvStore): boolean {
  const controller = object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
  if (controller !== undefined) return controller.uid === metadata.uid;
  const labels = object.metadata?.labels ?? {};
  return labels[labelKeys.managedBy] === managedBy && labels[labelKeys.instance] === metadata.name;
}
