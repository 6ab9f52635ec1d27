/** The kinds of objects the operator works with, and where the API server keeps them. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { group, plural, version } from '../kvstore.ts';

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export const resources = {
  kvStores: { apiVersion: `${group}/${version}`, kind: 'KvStore', plural },
  deployments: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  statefulSets: { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' },
  services: { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  configMaps: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  serviceAccounts: { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  secrets: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  pods: { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  claims: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' },
  cronJobs: { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs' },
  jobs: { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' },
  ingresses: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', plural: 'ingresses' },
  networkPolicies: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  disruptionBudgets: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  serviceMonitors: { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', plural: 'servicemonitors' },
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof resources;

/** The path of a collection, or of one object; all namespaces when none is given. */
export function pathOf(resource: Resource, namespace?: string, name?: string): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** @throws Error for a kind the operator does not work with */
export function resourceNameOf(object: KubernetesObject): ResourceName {
  for (const [name, { apiVersion, kind }] of Object.entries(resources)) {
    if (kind === object.kind && apiVersion === object.apiVersion) return name as ResourceName;
  }
  throw new Error(`the operator knows no kind ${object.apiVersion} ${object.kind}`);
}
