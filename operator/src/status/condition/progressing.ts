import type { V1Deployment } from '@kubernetes/client-node';
import type { KvStore } from '../../kvstore.ts';
import { type Fault, isPermanent } from '../../reconcile/fault.ts';
import type { Finding } from '../conditions.ts';
import { type Findings, shortMs } from './findings.ts';

/** A route is on its way for these reasons; the others wait for somebody. */
const exposing: ReadonlySet<string> = new Set(['IngressMissing', 'RouteNotAnswering', 'OtherStoreAnswers']);

export function progressingFinding({ spec }: KvStore, findings: Findings): Finding {
  const { deployment, etcd, faults, restore, exposure, short } = findings;
  if (spec.paused) return { status: 'False', reason: 'Paused', message: 'spec.paused is true: nothing is changed' };
  if (faults.length > 0) return faulty(faults);
  if (etcd !== undefined && !etcd.settled) return { status: 'True', reason: etcd.reason, message: etcd.message };
  const rollout = rolloutOf(deployment, spec.replicas);
  if (rollout !== undefined) return { status: 'True', reason: 'RollingOut', message: rollout };
  if (findings.leaseWaits) return { status: 'True', reason: 'RollingOut', message: waitsForImage };
  if (restore?.holdsUp === 'Restoring')
    return { status: 'True', reason: 'Restoring', message: restore.finding.message };
  if (exposure?.status === 'False' && exposing.has(exposure.reason) && (short?.route ?? 0) < shortMs) {
    return { status: 'True', reason: 'Exposing', message: exposure.message };
  }
  return { status: 'False', reason: 'Settled', message: 'everything is as asked for' };
}

const waitsForImage = 'reads by lease begin once no pod of another image is left';

/** What cannot be done until the KvStore is changed is not tried again. */
function faulty(faults: readonly Fault[]): Finding {
  const message = 'see the condition Degraded';
  if (!faults.every(isPermanent)) return { status: 'True', reason: 'Retrying', message };
  return { status: 'False', reason: 'Stalled', message };
}

/** What a rollout still waits for, undefined when it is over. */
export function rolloutOf(deployment: V1Deployment | undefined, replicas: number): string | undefined {
  const status = deployment?.status;
  if (deployment === undefined || (status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0)) {
    return 'the Deployment has not been taken up yet';
  }
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  if (updated === replicas && available === replicas && (status?.replicas ?? 0) === replicas) return undefined;
  return `${updated} of ${replicas} replicas are up to date, ${available} available`;
}
