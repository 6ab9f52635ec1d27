/** Alerts about KvStores as the operator sees them, and about the operator. */
import {
  backupAge,
  backupNeverDue,
  certificateLeft,
  notReady,
  reconcileFailing,
  stalledRollout,
} from '../expressions.ts';
import { type Alert, kvStoreName, label, value } from './alert.ts';
import type { Numbers } from './thresholds.ts';

const certificate = certificateLeft('certificate!="ca"');
const authority = certificateLeft('certificate="ca"');
const asked = 'kvstore_replicas_desired';
const backupDue = 'kvstore_backup_last_schedule_timestamp_seconds';
const backedUp = 'kvstore_backup_last_success_timestamp_seconds';
const longest = 'workqueue_longest_running_processor_seconds{component="operator"}';
const leading = 'leader_election_master_status{component="operator"}';
const reason = `{{ with query (printf "kvstore_condition{type='Degraded',status='True',namespace='%s',name='%s'}" $labels.namespace $labels.name) }}{{ . | first | label "reason" }}{{ else }}unknown{{ end }}`;

export function operatorAlerts(numbers: Numbers): readonly Alert[] {
  const { certificateSeconds, authoritySeconds, certificatePageSeconds } = numbers;
  return [
    {
      name: 'KvStoreNotReady',
      severity: 'page',
      reason: 'Page: requests fail, or the next loss makes them fail.',
      for: '5m',
      wait: 'Longer than pods take to move to another node.',
      // With the number of replicas that are ready as its value.
      expr: `kvstore_replicas_ready and ${notReady()}`,
      signals: ['kvstore_replicas_ready', 'kvstore_ready', asked],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: requests fail or are about to, because replicas are missing or etcd has no quorum.`,
      description: `Replicas that are ready: ${value.number}. Usual causes: etcd without a quorum, lost nodes, a new store whose pods do not start.`,
    },
    {
      name: 'KvStoreDegraded',
      severity: 'ticket',
      reason: 'Ticket: what runs goes on; KvStoreNotReady pages when it does not.',
      for: '15m',
      wait: 'Most of what stands in the way during a rollout goes away by itself within that time.',
      expr: 'kvstore_degraded == 1',
      signals: ['kvstore_degraded'],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: it serves, but a change or a repair does not get further.`,
      description: `The reason is ${reason}. kubectl describe kvstore has the message, which says what to do.`,
    },
    {
      name: 'KvStoreRolloutStuck',
      severity: 'ticket',
      reason: 'Ticket: the old replicas serve during a rollout.',
      for: '15m',
      wait: 'Longer than the first sync of a replica and the drain of an old one take.',
      // Replicas are missing, or the old ones serve and the new ones never will. With the number that is ready as its value.
      expr:
        `kvstore_replicas_ready and on (namespace, name) ((${asked} - kvstore_replicas_ready > 0 and kvstore_paused == 0)` +
        ` or on (namespace, name) (${stalledRollout()}))`,
      signals: [`${asked} - kvstore_replicas_ready`, 'kvstore_paused'],
      subject: 'kvstore',
      dashboard: 'kvstore-rollout',
      summary: `${kvStoreName}: users notice nothing yet, but replicas are missing or not of the newest revision.`,
      description: `Replicas that are ready, of any revision: ${value.number}. Usual causes: an image that cannot be pulled, a Secret that is missing, no node with room.`,
    },
    {
      name: 'KvStoreCertificateExpiring',
      severity: 'ticket',
      reason: 'Ticket: weeks are left; KvStoreCertificateEndsSoon pages when days are.',
      for: '1h',
      wait: 'Renewal takes minutes; an hour leaves out an operator that is just being replaced.',
      // Due for renewal with 30 days left, an authority with a year: later than that, renewal does not happen.
      expr: `${certificate} < ${certificateSeconds} or ${authority} < ${authoritySeconds}`,
      signals: [certificate, authority],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: users notice nothing yet, but the certificate ${label('certificate')} of etcd is not renewed.`,
      description: `It ends in ${value.duration}. Usual causes: the KvStore is paused, a member is not ready, the operator does not run.`,
    },
    {
      name: 'KvStoreCertificateEndsSoon',
      severity: 'page',
      reason: 'Page: when it ends, etcd, service and operator refuse each other, and everything fails at once.',
      for: '5m',
      wait: 'It has been coming for weeks; a new KvStore has no certificate that is so short.',
      expr: `${certificateLeft()} < ${certificatePageSeconds}`,
      signals: [certificateLeft()],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: all requests fail when the certificate ${label('certificate')} of etcd ends.`,
      description: `It ends in ${value.duration}. Usual causes: the KvStore is paused, a member is not ready, the operator does not run.`,
    },
    {
      name: 'KvStoreBackupFailed',
      severity: 'ticket',
      reason: 'Ticket: the store serves, and the backups before it are there.',
      for: '1h',
      wait: 'A Job that fails has tried for less than half an hour.',
      // Also when none was ever completed: then there is no time of success.
      expr: `(time() - ${backupDue}) unless ${backedUp} >= ${backupDue}`,
      signals: [`time() - ${backupDue}`, backedUp],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: users notice nothing; what they change now is in no backup.`,
      description: `A backup was due ${value.duration} ago and is not completed. Usual causes: a full or missing volume, a token that may not read, a service that did not answer.`,
    },
    {
      name: 'KvStoreBackupTooOld',
      severity: 'ticket',
      reason: 'Ticket: the store serves; a loss would cost more than a week of changes.',
      for: '1h',
      wait: 'Backups are made every week at least; a day more for one that failed once.',
      expr: `${backupAge()} > ${numbers.backupAgeSeconds}`,
      signals: [backupAge()],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: users notice nothing; what they delete by mistake can only be had as it was long ago.`,
      description: `The newest backup is ${value.duration} old. Usual causes: the schedule is suspended, or every backup fails.`,
    },
    {
      name: 'KvStoreBackupNeverDue',
      severity: 'ticket',
      reason: 'Ticket: the store serves; a loss would cost everything.',
      for: '1h',
      wait: 'As for KvStoreBackupTooOld, from when the schedule was made.',
      expr: `(${backupNeverDue()}) > ${numbers.backupAgeSeconds}`,
      signals: ['time() - kvstore_backup_scheduled_since_timestamp_seconds'],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: users notice nothing; there is no backup at all.`,
      description: `For ${value.duration} there has been a schedule that never came due. Usual causes: it is suspended, its date does not exist, the cluster starts no Jobs.`,
    },
    {
      name: 'KvStoreOperatorDown',
      severity: 'ticket',
      reason: 'Ticket: what runs goes on; nothing is repaired.',
      for: '10m',
      wait: 'Longer than a change of the leader, or a move of the pod, takes.',
      // Also when nothing of the operator is scraped.
      expr: `(sum(${leading}) or vector(0)) == 0`,
      signals: [leading],
      subject: 'operator',
      dashboard: 'kvstore-operator',
      summary: 'All KvStores: they serve, but nothing is repaired or changed, because no operator leads.',
      description: `Operators that lead: ${value.number}. Usual causes: an image or a node that is missing, rights that were taken away, a scrape that fails.`,
    },
    {
      name: 'KvStoreReconcileFailing',
      severity: 'ticket',
      reason: 'Ticket: what runs goes on; this one KvStore is not repaired.',
      for: '0m',
      wait: 'The metric has the time of the first failure; a success in between ends it.',
      expr: `${reconcileFailing()} > ${numbers.reconcileFailingSeconds}`,
      signals: [reconcileFailing()],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: it serves, but the operator cannot look after it.`,
      description: `Every reconcile of it has failed for ${value.duration}. Usual causes: a right that is missing, an admission policy or a quota, an API server in trouble.`,
    },
    {
      name: 'KvStoreReconcileStuck',
      severity: 'ticket',
      reason: 'Ticket: what runs goes on; one KvStore waits.',
      for: '5m',
      wait: 'Every call has a timeout of its own, so that the longest regular reconcile ends within minutes.',
      expr: `${longest} > ${numbers.reconcileSeconds}`,
      signals: [longest],
      subject: 'operator',
      dashboard: 'kvstore-operator',
      summary: 'One KvStore: it serves, but the operator has not come back from it.',
      description: `A reconcile has been running for ${value.duration}. Usual causes: a connection to the API server or to etcd that hangs.`,
    },
  ];
}
