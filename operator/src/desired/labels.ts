/** The labels of everything that belongs to a KvStore (kubernetes.io/docs/concepts/overview/working-with-objects/common-labels). */
export const labelKeys = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

export const managedBy = 'kvstore-operator';

export type Component = 'service' | 'etcd' | 'etcd-image' | 'backup' | 'restore';

/** Names of objects that a user might have under the KvStore's own name. */
export interface OwnNames {
  readonly serviceAccount: string;
  readonly networkPolicy: string;
}

/** Those of a KvStore that has none yet. */
export function defaultNames(instance: string): OwnNames {
  return { serviceAccount: `${instance}-kvstore`, networkPolicy: `${instance}-kvstore` };
}

/** Where an older operator gave the default one to another KvStore, whose own name it is. Follows the uid, so it is stable. */
export function secondName(instance: string, uid: string): string {
  return `${instance}-kvstore-${uid.slice(0, 8)}`;
}

/** Labels that pick whatever belongs to one KvStore. */
export function instanceLabels(instance: string): Record<string, string> {
  return { [labelKeys.name]: 'kvstore', [labelKeys.instance]: instance };
}

/** For a Prometheus without the Prometheus operator; one that has it does not look at them. */
export function scrapeAnnotations(port: number, isTls = false): Record<string, string> {
  const where = { 'prometheus.io/port': String(port), 'prometheus.io/path': '/metrics' };
  return { 'prometheus.io/scrape': 'true', ...where, ...(isTls ? { 'prometheus.io/scheme': 'https' } : {}) };
}

/** Labels that pick the pods of one component of one KvStore. They never change: a selector cannot. */
export function selectorLabels(instance: string, component: Component): Record<string, string> {
  return { ...instanceLabels(instance), [labelKeys.component]: component };
}

export function objectLabels(instance: string, component: Component): Record<string, string> {
  return { ...selectorLabels(instance, component), [labelKeys.managedBy]: managedBy };
}
