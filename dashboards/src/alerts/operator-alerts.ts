/** Alerts about KvStores as the operator sees them, and about the operator. */
import type { Alert } from './alert.ts';

const where = '{{ $labels.namespace }}/{{ $labels.name }}';
const expiry = 'kvstore_certificate_expiry_timestamp_seconds';
const asked = 'kvstore_replicas_desired';
const backupDue = 'kvstore_backup_last_schedule_timestamp_seconds';
const backedUp = 'kvstore_backup_last_success_timestamp_seconds';

export const operatorAlerts: readonly Alert[] = [
  {
    name: 'KvStoreNotReady',
    severity: 'page',
    for: '5m',
    expr: `kvstore_ready == 0 and ${asked} > 0`,
    signals: ['kvstore_ready', asked],
    summary: `${where} lacks replicas, or its etcd cannot decide.`,
  },
  {
    name: 'KvStoreDegraded',
    severity: 'ticket',
    for: '15m',
    expr: 'kvstore_degraded == 1',
    signals: ['kvstore_degraded'],
    summary: `${where} is degraded: kubectl describe kvstore tells why.`,
  },
  {
    name: 'KvStoreRolloutStuck',
    severity: 'ticket',
    for: '15m',
    expr: `kvstore_replicas_ready < ${asked} and kvstore_paused == 0`,
    signals: ['kvstore_replicas_ready', asked, 'kvstore_paused'],
    summary: `${where} has had fewer ready replicas than wanted for a quarter of an hour.`,
  },
  {
    name: 'KvStoreCertificateExpiring',
    severity: 'ticket',
    for: '1h',
    // Due for renewal with 30 days left, an authority with a year: later than that, renewal does not happen.
    expr: `${expiry}{certificate!="ca"} - time() < 20 * 86400 or ${expiry}{certificate="ca"} - time() < 300 * 86400`,
    signals: [expiry],
    summary: `${where}: the certificate {{ $labels.certificate }} of its etcd should have been renewed by now.`,
  },
  {
    name: 'KvStoreBackupFailed',
    severity: 'ticket',
    // A Job that fails has tried for less than half an hour.
    for: '1h',
    // Also when none was ever completed: then there is no time of success.
    expr: `${backupDue} unless ${backedUp} >= ${backupDue}`,
    signals: [backupDue, backedUp],
    summary: `${where}: a backup was due more than an hour ago and is not completed.`,
  },
  {
    name: 'KvStoreBackupTooOld',
    severity: 'ticket',
    for: '1h',
    // Backups are made every week at least.
    expr: `time() - ${backedUp} > 8 * 86400`,
    signals: [`time() - ${backedUp}`],
    summary: `${where}: no backup has been completed for more than eight days.`,
  },
  {
    name: 'KvStoreOperatorDown',
    severity: 'ticket',
    for: '10m',
    expr: 'absent(leader_election_master_status{component="operator"} == 1)',
    signals: ['leader_election_master_status{component="operator"}'],
    summary: 'No operator leads: nothing repairs or changes any KvStore.',
  },
  {
    name: 'KvStoreReconcileFailing',
    severity: 'ticket',
    for: '15m',
    expr: 'increase(controller_runtime_reconcile_errors_total{component="operator"}[10m]) > 0',
    signals: ['increase(controller_runtime_reconcile_errors_total{component="operator"}[10m])'],
    summary: 'Reconciles have been failing for a quarter of an hour.',
  },
  {
    name: 'KvStoreReconcileStuck',
    severity: 'ticket',
    for: '5m',
    expr: 'workqueue_longest_running_processor_seconds{component="operator"} > 300',
    signals: ['workqueue_longest_running_processor_seconds{component="operator"}'],
    summary: 'A reconcile has been running for more than five minutes.',
  },
];
