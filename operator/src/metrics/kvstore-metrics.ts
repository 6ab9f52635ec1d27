import { Gauge, type Registry } from 'prom-client';
import { leaves } from '../etcd/tls/secrets.ts';
import type { KvStore, KvStoreStatus } from '../kvstore.ts';

/** What each KvStore's status says, for dashboards and alerts. */
export interface KvStoreMetrics {
  /** @param certificateExpiry of each certificate, by its name; Unix seconds */
  set(kvstore: KvStore, status: KvStoreStatus, certificateExpiry?: Readonly<Record<string, number>>): void;
  /** Drops a KvStore's series: a gone store must not look like a broken one. */
  drop(namespace: string, name: string): void;
}

const certificates = ['ca', ...leaves];

export function createKvStoreMetrics(registry: Registry): KvStoreMetrics {
  const gauge = (name: string, help: string): Gauge<'namespace' | 'name'> =>
    new Gauge({ name, help, labelNames: ['namespace', 'name'], registers: [registry] });
  const ready = gauge('kvstore_ready', '1 when the condition Ready is true.');
  const degraded = gauge('kvstore_degraded', '1 when the condition Degraded is true.');
  const paused = gauge('kvstore_paused', '1 when the operator leaves the KvStore alone.');
  const desired = gauge('kvstore_replicas_desired', 'Service replicas asked for.');
  const readyReplicas = gauge('kvstore_replicas_ready', 'Service replicas that are ready.');
  const members = gauge('kvstore_etcd_members', 'Members of the etcd that the operator runs.');
  const readyMembers = gauge('kvstore_etcd_members_ready', 'Members that answered as healthy voters.');
  const expiry = new Gauge({
    name: 'kvstore_certificate_expiry_timestamp_seconds',
    help: 'When a certificate of the etcd that the operator runs ends: ca, member, client or operator. Unix seconds.',
    labelNames: ['namespace', 'name', 'certificate'],
    registers: [registry],
  });
  const backupDue = gauge(
    'kvstore_backup_last_schedule_timestamp_seconds',
    'When a backup was last due by its schedule. Unix seconds.',
  );
  const backup = gauge(
    'kvstore_backup_last_success_timestamp_seconds',
    'When a backup was last completed. Unix seconds.',
  );
  const setTime = (
    metric: Gauge<'namespace' | 'name'>,
    labels: { namespace: string; name: string },
    time: string | undefined,
  ): void => {
    if (time === undefined) metric.remove(labels);
    else metric.set(labels, Date.parse(time) / 1000);
  };
  const all = [backupDue, backup, ready, degraded, paused, desired, readyReplicas, members, readyMembers];
  const isTrue = (status: KvStoreStatus, type: string): number =>
    status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ? 1 : 0;
  return {
    set({ metadata: { namespace, name }, spec }, status, certificateExpiry = {}) {
      const labels = { namespace, name };
      ready.set(labels, isTrue(status, 'Ready'));
      degraded.set(labels, isTrue(status, 'Degraded'));
      paused.set(labels, spec.paused ? 1 : 0);
      desired.set(labels, spec.replicas);
      readyReplicas.set(labels, status.readyReplicas ?? 0);
      for (const [certificate, seconds] of Object.entries(certificateExpiry)) {
        expiry.set({ ...labels, certificate }, seconds);
      }
      setTime(backupDue, labels, status.backup?.lastScheduleTime);
      setTime(backup, labels, status.backup?.lastSuccessfulTime);
      if (status.etcd === undefined) return;
      members.set(labels, status.etcd.members);
      readyMembers.set(labels, status.etcd.readyMembers);
    },
    drop(namespace, name) {
      for (const metric of all) metric.remove({ namespace, name });
      for (const certificate of certificates) expiry.remove({ namespace, name, certificate });
    },
  };
}
