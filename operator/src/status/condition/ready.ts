import type { KvStore } from '../../kvstore.ts';
import { lostMs } from '../../reconcile/contact.ts';
import { conditionOf, type Finding } from '../conditions.ts';
import type { Findings } from './findings.ts';

/** All replicas asked for can be used, and etcd, where it is ours, can make decisions. Follows the pods, nothing else. */
export function readyFinding(kvstore: KvStore, findings: Findings): Finding {
  const { deployment, restore, contactMs = 0 } = findings;
  const { spec } = kvstore;
  // Of an etcd that could not be looked at, the last that is known holds.
  const etcd = findings.etcd ?? (spec.etcd === undefined ? undefined : kvstore.status?.etcd);
  const available = deployment?.status?.availableReplicas ?? 0;
  const count = `${available} of ${spec.replicas} replicas are available`;
  if (etcd !== undefined && !isForming(kvstore) && etcd.readyMembers <= etcd.members / 2) {
    const message = `${etcd.readyMembers} of ${etcd.members} members of etcd are ready: too few to decide; ${count}`;
    return { status: 'False', reason: 'EtcdUnavailable', message };
  }
  if (etcd !== undefined && isForming(kvstore) && etcd.readyMembers < etcd.members) {
    return { status: 'False', reason: forming, message: `${etcd.readyMembers} of ${etcd.members} members; ${count}` };
  }
  if (contactMs > lostMs) return { status: 'False', reason: 'EtcdUnavailable', message: `${lostContact}; ${count}` };
  if (spec.replicas === 0) return { status: 'False', reason: 'ScaledToZero', message: 'spec.replicas is 0' };
  if (available < spec.replicas) return { status: 'False', reason: 'ReplicasUnavailable', message: count };
  if (restore?.holdsUp !== undefined) {
    return { status: 'False', reason: restore.holdsUp, message: restore.finding.message };
  }
  return { status: 'True', reason: 'AllReplicasAvailable', message: count };
}

/** Without a time, which would change with every look. */
export const lostContact = 'the replicas do not reach etcd: fresh reads and writes are answered with 503';

const forming = 'EtcdForming';

/**
 * Whether etcd has never had all its members. While it grows from one to those asked for it decides, but the next pod
 * that is lost could end that; later a quorum is enough.
 */
export function isForming({ spec, status }: KvStore): boolean {
  if (spec.etcd === undefined) return false;
  const ready = conditionOf(status, 'Ready');
  return status?.etcd === undefined || ready?.reason === forming;
}
