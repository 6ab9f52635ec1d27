/** A KvStore's status: what was found, in conditions people and `kubectl wait` can use. A pure function. */
import type { V1CronJob, V1Deployment } from '@kubernetes/client-node';
import { type Finding, transition } from './conditions.ts';
import { urlOf } from './desired/ingress.ts';
import { selectorLabels } from './desired/labels.ts';
import type { EtcdOutcome } from './etcd/contract.ts';
import { type Fault, faultReason } from './fault.ts';
import type { KvStore, KvStoreStatus } from './kvstore.ts';
import { type Restore, restoredCondition } from './restore.ts';

export interface Findings {
  /** As the cache shows it. */
  readonly deployment: V1Deployment | undefined;
  /** Undefined for an external etcd, or when it could not be looked at. */
  readonly etcd: EtcdOutcome | undefined;
  /** Of the backups, as the cache shows it. */
  readonly cronJob?: V1CronJob | undefined;
  readonly restore?: Restore | undefined;
  /** What could not be done. */
  readonly faults: readonly Fault[];
}

export function buildStatus(kvstore: KvStore, findings: Findings, now: Date): KvStoreStatus {
  const { metadata, spec, status } = kvstore;
  const known = status?.conditions ?? [];
  const conditions = {
    Ready: readyFinding(kvstore, findings),
    Progressing: progressingFinding(kvstore, findings),
    Degraded: degradedFinding(kvstore, findings),
    ...(findings.restore === undefined ? {} : { [restoredCondition]: findings.restore.finding }),
  };
  const { etcd, deployment } = findings;
  const backup = spec.backup === undefined ? undefined : backupStatus(findings.cronJob);
  const lastEtcd = spec.etcd === undefined ? undefined : status?.etcd;
  const etcdStatus =
    etcd === undefined
      ? lastEtcd
      : {
          members: etcd.members,
          readyMembers: etcd.readyMembers,
          ...(etcd.version === undefined ? {} : { version: etcd.version }),
        };
  return {
    observedGeneration: metadata.generation,
    replicas: deployment?.status?.replicas ?? 0,
    readyReplicas: deployment?.status?.readyReplicas ?? 0,
    selector: Object.entries(selectorLabels(metadata.name, 'service'))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    url: urlOf(kvstore),
    ...(etcdStatus === undefined ? {} : { etcd: etcdStatus }),
    ...(backup === undefined ? {} : { backup }),
    conditions: Object.entries(conditions).map(([type, finding]) =>
      transition(type, finding, metadata.generation, known, now),
    ),
  };
}

function backupStatus(cronJob: V1CronJob | undefined): KvStoreStatus['backup'] {
  const text = (time: Date | string | undefined): string | undefined =>
    time === undefined ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`;
  const lastScheduleTime = text(cronJob?.status?.lastScheduleTime);
  const lastSuccessfulTime = text(cronJob?.status?.lastSuccessfulTime);
  if (lastScheduleTime === undefined && lastSuccessfulTime === undefined) return undefined;
  return {
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
}

/** All replicas asked for can be used, and etcd, where it is ours, can make decisions. Follows the pods, nothing else. */
function readyFinding(kvstore: KvStore, { deployment, etcd, restore }: Findings): Finding {
  const { spec } = kvstore;
  const available = deployment?.status?.availableReplicas ?? 0;
  const count = `${available} of ${spec.replicas} replicas are available`;
  if (etcd !== undefined && !isForming(kvstore) && etcd.readyMembers <= etcd.members / 2) {
    const message = `${etcd.readyMembers} of ${etcd.members} members of etcd are ready: too few to decide; ${count}`;
    return { status: 'False', reason: 'EtcdUnavailable', message };
  }
  if (etcd !== undefined && isForming(kvstore) && etcd.readyMembers < etcd.members) {
    return { status: 'False', reason: forming, message: `${etcd.readyMembers} of ${etcd.members} members; ${count}` };
  }
  if (spec.replicas === 0) return { status: 'False', reason: 'ScaledToZero', message: 'no replicas are asked for' };
  if (available < spec.replicas) return { status: 'False', reason: 'ReplicasUnavailable', message: count };
  if (restore?.holdsUp !== undefined) {
    return { status: 'False', reason: restore.holdsUp, message: restore.finding.message };
  }
  return { status: 'True', reason: 'AllReplicasAvailable', message: count };
}

const forming = 'EtcdForming';

/**
 * Whether etcd has never had all its members. While it grows from one to those asked for it decides, but the next pod
 * that is lost could end that; later a quorum is enough.
 */
function isForming({ spec, status }: KvStore): boolean {
  if (spec.etcd === undefined) return false;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return status?.etcd === undefined || ready?.reason === forming;
}

function progressingFinding({ spec }: KvStore, { deployment, etcd, faults, restore }: Findings): Finding {
  if (spec.paused) return { status: 'False', reason: 'Paused', message: 'spec.paused is true: nothing is changed' };
  if (faults.length > 0) return { status: 'True', reason: 'Retrying', message: 'see the condition Degraded' };
  if (etcd !== undefined && !etcd.settled) return { status: 'True', reason: etcd.reason, message: etcd.message };
  const rollout = rolloutOf(deployment, spec.replicas);
  if (rollout !== undefined) return { status: 'True', reason: 'RollingOut', message: rollout };
  if (restore?.holdsUp === 'Restoring')
    return { status: 'True', reason: 'Restoring', message: restore.finding.message };
  return { status: 'False', reason: 'Settled', message: 'everything is as asked for' };
}

function degradedFinding(_: KvStore, { deployment, etcd, faults, restore }: Findings): Finding {
  const [fault] = faults;
  if (fault !== undefined) {
    const message = faults.map(({ message }) => message).join('; ');
    return { status: 'True', reason: faultReason(fault), message };
  }
  if (etcd?.degraded === true) return { status: 'True', reason: etcd.reason, message: etcd.message };
  const stuck = deployment?.status?.conditions?.find(
    ({ type, status, reason }) => type === 'Progressing' && status === 'False' && reason === 'ProgressDeadlineExceeded',
  );
  if (stuck !== undefined) return { status: 'True', reason: 'RolloutStuck', message: stuck.message ?? 'no progress' };
  const failing = deployment?.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (failing !== undefined) return { status: 'True', reason: 'ReplicaFailure', message: failing.message ?? '' };
  if (restore?.holdsUp === 'RestoreFailed' || restore?.finding.reason === 'OtherData') {
    const reason = restore.holdsUp ?? restore.finding.reason;
    return { status: 'True', reason, message: restore.finding.message };
  }
  return { status: 'False', reason: 'AsExpected', message: 'nothing is wrong' };
}

/** What a rollout still waits for, undefined when it is over. */
function rolloutOf(deployment: V1Deployment | undefined, replicas: number): string | undefined {
  const status = deployment?.status;
  if (deployment === undefined || (status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0)) {
    return 'the Deployment has not been taken up yet';
  }
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  if (updated === replicas && available === replicas && (status?.replicas ?? 0) === replicas) return undefined;
  return `${updated} of ${replicas} replicas are up to date, ${available} available`;
}
