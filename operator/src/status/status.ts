/** A KvStore's status: what was found, in conditions people and `kubectl wait` can use. A pure function. */
import type { V1CronJob } from '@kubernetes/client-node';
import { urlOf } from '../desired/ingress.ts';
import { selectorLabels } from '../desired/labels.ts';
import { exposedCondition } from '../exposure/finding.ts';
import type { KvStore, KvStoreStatus } from '../kvstore.ts';
import { backupCondition } from '../reconcile/backup.ts';
import { identityOf } from '../reconcile/identity.ts';
import { restoredCondition } from '../reconcile/restore.ts';
import { degradedFinding, troubleFound } from './condition/degraded.ts';
import type { Findings } from './condition/findings.ts';
import { openCondition, openFinding } from './condition/open.ts';
import { progressingFinding } from './condition/progressing.ts';
import { readyFinding } from './condition/ready.ts';
import { type Finding, transition } from './conditions.ts';

export type { Findings } from './condition/findings.ts';

export function buildStatus(kvstore: KvStore, findings: Findings, now: Date): KvStoreStatus {
  const { metadata, spec, status } = kvstore;
  const { etcd, deployment, exposure, restore } = findings;
  const known = status?.conditions ?? [];
  const ready = readyFinding(kvstore, findings);
  const progressing = progressingFinding(kvstore, findings);
  const found = troubleFound(kvstore, findings);
  const conditions = {
    Ready: ready,
    ...(exposure === undefined ? {} : { [exposedCondition]: exposure }),
    Progressing: progressing,
    Degraded: degradedFinding(found),
    ...abnormal(progressing, found?.isStuck === true ? degradedFinding(found) : undefined),
    ...(restore === undefined ? {} : { [restoredCondition]: restore.finding }),
    ...(findings.backup === undefined ? {} : { [backupCondition]: findings.backup }),
    [openCondition]: openFinding(kvstore),
  };
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
  // The old replicas may serve while new ones do not come up: that is ready, and not for the newest spec.
  const isApplied = progressing.status !== 'True' && findings.faults.length === 0;
  const isCurrent = isApplied || ready.status !== 'True';
  const generationOf = (type: string) =>
    type === 'Ready' && !isCurrent ? metadata.generation - 1 : metadata.generation;
  // A fault may have kept the new spec from the pods. Another operator that takes over then sees that it is new.
  const isUnderWay = findings.faults.length > 0 && found?.isStuck !== true && status?.observedGeneration !== undefined;
  const reached = { ...kvstore, spec: { ...spec, ingress: findings.ingress ?? spec.ingress } };
  const url = exposure?.reason === 'ServiceConflict' ? undefined : urlOf(reached, exposure?.reason !== 'HostTaken');
  return {
    observedGeneration: isUnderWay ? status.observedGeneration : metadata.generation,
    replicas: deployment?.status?.replicas ?? 0,
    readyReplicas: deployment?.status?.readyReplicas ?? 0,
    selector: Object.entries(selectorLabels(metadata.name, 'service'))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    ...(url === undefined ? {} : { url }),
    identity: identityOf(kvstore),
    ...(etcdStatus === undefined ? {} : { etcd: etcdStatus }),
    ...(backup === undefined ? {} : { backup }),
    conditions: Object.entries(conditions).map(([type, finding]) =>
      transition(type, finding, generationOf(type), known, now),
    ),
  };
}

/**
 * As kstatus has it, which Flux and others use: there only while they hold, and never both
 * (github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus).
 */
function abnormal(progressing: Finding, stuck: Finding | undefined): Readonly<Record<string, Finding>> {
  if (stuck !== undefined) return { Stalled: stuck };
  return progressing.status === 'True' ? { Reconciling: progressing } : {};
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
