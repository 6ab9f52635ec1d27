/** Whose an object is. The operator never changes what belongs to somebody else. */
import type { KubernetesObject, V1OwnerReference } from '@kubernetes/client-node';
import { labelKeys, managedBy } from '../desired/labels.ts';
import { group, type KvStore, kind, version } from '../kvstore.ts';

/** An object that the operator needs has another owner. */
export class ForeignObjectError extends Error {
  override readonly name = 'ForeignObjectError';
  /** Of the object. */
  readonly kind: string | undefined;
  readonly objectName: string | undefined;

  constructor({ kind, metadata }: KubernetesObject) {
    const claimsToBeOurs = metadata?.labels?.[labelKeys.managedBy] === managedBy;
    super(
      claimsToBeOurs
        ? `${kind} ${metadata.name} has the labels of this KvStore but is not controlled by it: remove it, or make the ` +
            'KvStore its controller if it is the one that the operator made (docs/operator.md, "What there is")'
        : `${kind} ${metadata?.name} exists and does not belong to this KvStore: rename one of them, or remove it`,
    );
    this.kind = kind;
    this.objectName = metadata?.name;
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

/** What owns an object, by the rule that one owner decides. */
export function controllerOf({ metadata }: KubernetesObject): V1OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/** Whether an object's controller is this very KvStore. */
export function isControlledBy(object: KubernetesObject, { metadata }: KvStore): boolean {
  return controllerOf(object)?.uid === metadata.uid;
}

/** Whether it is a KvStore that is referred to, of whatever version. */
export function isOfKvStore(reference: Pick<V1OwnerReference, 'apiVersion' | 'kind'>): boolean {
  return reference.kind === kind && reference.apiVersion.startsWith(`${group}/`);
}

/** The KvStore that controls an object; undefined when none does. */
export function controllingStore(object: KubernetesObject): V1OwnerReference | undefined {
  const controller = controllerOf(object);
  return controller !== undefined && isOfKvStore(controller) ? controller : undefined;
}

/**
 * Whether an object is a KvStore's: by its controller. Labels alone are easily copied with whatever else an object holds;
 * only volumes go by them, which outlive their KvStore.
 */
export function belongsTo(object: KubernetesObject, { metadata }: KvStore): boolean {
  const controller = controllerOf(object);
  if (controller !== undefined) return controller.uid === metadata.uid;
  if (object.kind !== 'PersistentVolumeClaim') return false;
  const labels = object.metadata?.labels ?? {};
  return labels[labelKeys.managedBy] === managedBy && labels[labelKeys.instance] === metadata.name;
}
