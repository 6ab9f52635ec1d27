/** When a turn is over. Pure functions. */
import type { V1Deployment } from '@kubernetes/client-node';
import type { EtcdOutcome } from '../etcd/contract.ts';
import type { KvStore, KvStoreStatus } from '../kvstore.ts';
import type { Fault } from '../reconcile/fault.ts';
import { rolloutOf } from '../status/condition/progressing.ts';
import { conditionOf } from '../status/conditions.ts';

/** What a pass over a KvStore did of an upgrade. */
export interface UpgradeStep {
  /** Whether the API server has the Deployment as it is wanted now. */
  readonly isApplied: boolean;
  /** Whether the spec asks for reads by lease, and the pods do not have them yet: another rollout follows this one. */
  readonly leaseWaits: boolean;
  /** Those of etcd and of the Deployment. The faults of other objects say nothing about the new pods. */
  readonly faults: readonly Fault[];
}

/** What the pass found at its end. */
export interface UpgradeState extends UpgradeStep {
  readonly status: KvStoreStatus;
  /** As the cache shows it. */
  readonly deployment: V1Deployment | undefined;
  readonly etcd: EtcdOutcome | undefined;
}

/** An etcd that cannot do these things serves its clients, and they may fail for ever. They do not concern its pods. */
const aside: ReadonlySet<string> = new Set(['EtcdVolumeNotGrown', 'EtcdAccessNotLimited']);

/**
 * Whether the KvStore has all that a turn gives: the rollout is done, etcd has nothing left to do, and clients are
 * served. Of a store that is scaled to 0 no replica is waited for.
 * @param known the faults' messages of before the turn: those do not count
 */
export function isRolledOut({ spec }: KvStore, state: UpgradeState, known = ''): boolean {
  const { status, deployment, etcd } = state;
  if (state.leaseWaits) return false;
  const ready = conditionOf(status, 'Ready');
  if (ready?.status !== 'True' && ready?.reason !== 'ScaledToZero') return false;
  if (state.faults.some(({ message }) => !known.includes(message))) return false;
  if (rolloutOf(deployment, spec.replicas) !== undefined) return false;
  // An etcd that could not be looked at has a fault, which counts above.
  return etcd === undefined || etcd.settled || aside.has(etcd.reason);
}

/** The messages of what was wrong with a KvStore at its last look. */
export function knownFaults({ status }: KvStore): string {
  const degraded = conditionOf(status, 'Degraded');
  return degraded?.status === 'True' ? degraded.message : '';
}
