import type { V1CronJob, V1Deployment } from '@kubernetes/client-node';
import { Gauge, type Registry } from 'prom-client';
import { alarms as allAlarms, type EtcdOutcome } from '../etcd/contract.ts';
import type { KvStore, KvStoreStatus } from '../kvstore.ts';

/** Why each KvStore is as it is, and how far a rollout of it has come. */
export interface ProgressMetrics {
  set(kvstore: KvStore, status: KvStoreStatus, found: Found): void;
  /** Drops a KvStore's series. */
  drop(namespace: string, name: string): void;
}

export interface Found {
  readonly deployment: V1Deployment | undefined;
  /** Undefined for an external etcd, or when it could not be looked at. */
  readonly etcd: EtcdOutcome | undefined;
  /** Of the backups; undefined: there is none. */
  readonly cronJob?: V1CronJob | undefined;
}

export function createProgressMetrics(registry: Registry): ProgressMetrics {
  const registers = [registry];
  const labelNames = ['namespace', 'name'] as const;
  const conditions = new Gauge({
    name: 'kvstore_condition',
    help: 'Always 1; the labels are a condition with its status and reason.',
    labelNames: [...labelNames, 'type', 'status', 'reason'],
    registers,
  });
  const updated = new Gauge({
    name: 'kvstore_replicas_updated',
    help: 'Service replicas of the newest revision.',
    labelNames,
    registers,
  });
  const available = new Gauge({
    name: 'kvstore_replicas_available',
    help: 'Service replicas that can be used, of any revision.',
    labelNames,
    registers,
  });
  const alarms = new Gauge({
    name: 'kvstore_etcd_alarms',
    help: 'Members of the etcd that the operator runs that raise an alarm.',
    labelNames: [...labelNames, 'alarm'],
    registers,
  });
  const scheduled = new Gauge({
    name: 'kvstore_backup_scheduled_since_timestamp_seconds',
    help: 'Since when there is a CronJob of backups, whether it was ever due or not. Unix seconds.',
    labelNames,
    registers,
  });
  /** The conditions that are shown, by KvStore: a reason that no longer holds must go. */
  const shown = new Map<string, readonly Record<string, string>[]>();
  const forget = (key: string): void => {
    for (const labels of shown.get(key) ?? []) conditions.remove(labels);
    shown.delete(key);
  };
  return {
    set({ metadata: { namespace, name } }, status, { deployment, etcd, cronJob }) {
      const key = `${namespace}/${name}`;
      forget(key);
      const now = (status.conditions ?? []).map(({ type, status: state, reason }) => {
        return { namespace, name, type, status: state, reason };
      });
      for (const labels of now) conditions.set(labels, 1);
      shown.set(key, now);
      updated.set({ namespace, name }, deployment?.status?.updatedReplicas ?? 0);
      available.set({ namespace, name }, deployment?.status?.availableReplicas ?? 0);
      const since = cronJob?.metadata?.creationTimestamp;
      if (since === undefined) scheduled.remove({ namespace, name });
      else scheduled.set({ namespace, name }, new Date(since).getTime() / 1000);
      for (const [alarm, count] of Object.entries(etcd?.alarms ?? {})) alarms.set({ namespace, name, alarm }, count);
    },
    drop(namespace, name) {
      forget(`${namespace}/${name}`);
      for (const metric of [updated, available, scheduled]) metric.remove({ namespace, name });
      for (const alarm of allAlarms) alarms.remove({ namespace, name, alarm });
    },
  };
}
