/** What the service side of a KvStore should consist of. */
import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { buildBackup, buildBackupClaim } from './backup.ts';
import { buildDeployment, type ServiceDefaults } from './deployment.ts';
import { buildDisruptionBudget } from './disruption-budget.ts';
import type { FreshReads } from './fresh-reads.ts';
import { buildIngress } from './ingress.ts';
import { defaultNames, type OwnNames } from './labels.ts';
import { buildNetworkPolicy } from './network-policy.ts';
import { buildService } from './service.ts';
import { buildServiceAccount } from './service-account.ts';
import { buildServiceMonitor } from './service-monitor.ts';

export interface Surroundings {
  readonly defaults: ServiceDefaults;
  /** What identifies the present contents of the Secrets that the service reads; '' when it reads none. */
  readonly secretVersions: string;
  /** How the pods that are made from now on read. */
  readonly freshReads: FreshReads;
  /** Whether ServiceMonitors exist in this cluster. */
  readonly hasServiceMonitors: boolean;
  /** Whose pods may read the metrics that have a port of their own; default: those of the KvStore's clients. */
  readonly monitoringNamespaces?: readonly string[] | undefined;
  /** True: the store is still to get its first values, so clients outside must not reach it. */
  readonly restoring: boolean;
  /** Default: those of a new KvStore. */
  readonly names?: OwnNames;
  /** The Deployment as the cache shows it; undefined: there is none yet. */
  readonly live?: V1Deployment | undefined;
}

/** In the order of application: the account and the policy of pods before the pods. */
export function buildServiceObjects(kvstore: KvStore, around: Surroundings): KubernetesObject[] {
  const { ingress, monitoring, backup } = kvstore.spec;
  const names = around.names ?? defaultNames(kvstore.metadata.name);
  const defaults = { ...around.defaults, serviceAccount: names.serviceAccount };
  const objects = [
    buildServiceAccount(kvstore, names),
    buildService(kvstore, around.live),
    buildNetworkPolicy(kvstore, names, around.monitoringNamespaces),
    buildDisruptionBudget(kvstore),
    buildDeployment(kvstore, defaults, around.secretVersions, around.freshReads),
    backup === undefined ? undefined : buildBackupClaim(kvstore, backup),
    backup === undefined ? undefined : buildBackup(kvstore, backup, defaults, around.live),
    ingress.enabled && !around.restoring ? buildIngress(kvstore) : undefined,
    monitoring.enabled && around.hasServiceMonitors ? buildServiceMonitor(kvstore) : undefined,
  ];
  return objects.filter((object) => object !== undefined);
}
