/** The labels of everything that belongs to a KvStore (kubernetes.io/docs/concepts/overview/working-with-objects/common-labels). */
export const labelKeys = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

export const managedBy = 'kvstore-operator';

export type Component = 'service' | 'etcd';

/** Labels that pick the pods of one component of one KvStore. They never change: a selector cannot. */
export function selectorLabels(instance: string, component: Component): Record<string, string> {
  return { [labelKeys.name]: 'kvstore', [labelKeys.instance]: instance, [labelKeys.component]: component };
}

export function objectLabels(instance: string, component: Component): Record<string, string> {
  return { ...selectorLabels(instance, component), [labelKeys.managedBy]: managedBy };
}
