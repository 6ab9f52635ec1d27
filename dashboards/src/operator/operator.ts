/** Dashboard "KvStore / Operator": KvStores by condition, the members of etcd, and the operator itself. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { defaults } from '../alerts/thresholds.ts';
import { frame } from '../dashboard.ts';
import { backupAge, backupNeverDue, certificateLeft, membersDown, notReady, quotaUsed } from '../expressions.ts';
import { stat, timeseries } from '../panels.ts';
import { chosen, chosenName } from '../selectors.ts';
import { alertTable, firingStat } from '../tables.ts';
import { etcdMemberPanels } from './etcd.ts';
import { operatorPanels } from './process.ts';

export function operatorDashboard(runbooks: string): DashboardBuilder {
  return frame({
    uid: 'kvstore-operator',
    title: 'KvStore / Operator',
    description: 'The KvStores of the operator, the members of their etcds, and the operator itself.',
    runbooks,
    namespaces: 'label_values(kvstore_ready, namespace)',
    kvstores: 'label_values(kvstore_ready{namespace=~"$namespace"}, name)',
    first: [...glance(), ...overview(), alertTable(5)],
    rows: {
      'Which KvStore is not well, and why?': kvStores(),
      'Is etcd well?': etcdMemberPanels(),
      'Does the operator work?': operatorPanels(),
    },
  });
}

function glance() {
  const count = (condition: string) => `count(${condition}) or vector(0)`;
  return [
    stat({
      title: 'Not ready',
      shows: 'KvStores whose condition Ready is false.',
      normal: '0.',
      otherwise: '"Ready by KvStore" names them.',
      unit: 'none',
      limits: { bad: 1 },
      queries: { 'not ready': count(notReady(chosenName)) },
      runbook: 'KvStoreNotReady',
    }),
    stat({
      title: 'Degraded',
      shows: 'KvStores whose condition Degraded is true.',
      normal: '0.',
      otherwise: '"Conditions and their reasons".',
      unit: 'none',
      limits: { warn: 1 },
      queries: { degraded: count(`kvstore_degraded{${chosenName}} == 1`) },
      runbook: 'KvStoreDegraded',
    }),
    stat(firingStat),
    stat({
      title: 'Operators that lead',
      shows: 'Replicas of the operator that lead.',
      normal: '1.',
      otherwise: '0: nothing is repaired.',
      unit: 'none',
      limits: { bad: 0.5, good: 1 },
      queries: { leaders: 'sum(leader_election_master_status{component="operator"}) or vector(0)' },
      runbook: 'KvStoreOperatorDown',
    }),
    stat({
      title: 'Fullest etcd',
      shows: 'Part of its quota that the largest database takes.',
      normal: `below ${defaults.quotaUsed * 100}%.`,
      otherwise: '"Database and quota".',
      unit: 'percentunit',
      limits: { warn: defaults.quotaUsed, bad: defaults.quotaNearlyUsed },
      noData: 'No etcd is scraped',
      queries: { full: `max(${quotaUsed(`component="etcd", ${chosen}`)})` },
      runbook: 'KvStoreEtcdNoSpaceNear',
    }),
    stat({
      title: 'Members that are down',
      shows: 'Members of etcd that Prometheus cannot scrape, or that know no leader.',
      normal: '0.',
      otherwise: '"Members up, with a leader".',
      unit: 'none',
      limits: { warn: 1 },
      noData: 'No etcd is scraped',
      queries: { down: `count(${membersDown(`component="etcd", ${chosen}`)}) or vector(0)` },
      runbook: 'KvStoreEtcdMemberDown',
    }),
    stat({
      title: 'Paused',
      shows: 'KvStores that the operator leaves alone because spec.paused is true.',
      normal: '0, but while somebody works on one.',
      otherwise: 'nothing of them is repaired or renewed.',
      unit: 'none',
      queries: { paused: `sum(kvstore_paused{${chosenName}})` },
    }),
    stat({
      title: 'KvStores',
      shows: 'KvStores that the operator has looked at.',
      normal: 'as many as kubectl get kvstores -A lists.',
      otherwise: 'fewer: KVSTORE_WATCH_NAMESPACES, or the operator has just started.',
      unit: 'none',
      queries: { KvStores: `count(kvstore_ready{${chosenName}})` },
    }),
  ];
}

function overview() {
  const third = { width: 8, height: 7 };
  return [
    timeseries({
      ...third,
      title: 'Ready by KvStore',
      shows: '1: all replicas are available and etcd has a quorum.',
      normal: '1.',
      otherwise: '"Conditions and their reasons".',
      unit: 'short',
      queries: { '{{namespace}}/{{name}}': `kvstore_ready{${chosenName}}` },
      runbook: 'KvStoreNotReady',
    }),
    timeseries({
      ...third,
      title: 'Members of etcd',
      shows: 'Members, and those that answered as healthy voters.',
      normal: 'both the same.',
      otherwise: 'half or fewer: no write is possible.',
      unit: 'short',
      noData: 'The operator runs no etcd',
      queries: {
        'ready {{namespace}}/{{name}}': `kvstore_etcd_members_ready{${chosenName}}`,
        'members {{namespace}}/{{name}}': `kvstore_etcd_members{${chosenName}}`,
      },
      runbook: 'KvStoreEtcdNoQuorum',
    }),
    timeseries({
      ...third,
      title: 'Rollouts',
      minStep: 30,
      shows: 'Part of the wanted replicas that are of the newest revision.',
      normal: '1, and a rise to it during a rollout.',
      otherwise: 'flat below 1: see why they are not ready.',
      unit: 'percentunit',
      queries: {
        '{{namespace}}/{{name}}': `kvstore_replicas_updated{${chosenName}} / (kvstore_replicas_desired{${chosenName}} > 0)`,
      },
      runbook: 'KvStoreRolloutStuck',
    }),
  ];
}

function kvStores() {
  return [
    timeseries({
      title: 'Conditions and their reasons',
      shows: '1 while a condition has that status and reason.',
      normal: 'Ready=True and Degraded=False.',
      otherwise: 'kubectl describe kvstore has the message.',
      unit: 'short',
      queries: { '{{namespace}}/{{name}} {{type}}={{status}} {{reason}}': `kvstore_condition{${chosenName}}` },
      runbook: 'KvStoreDegraded',
    }),
    timeseries({
      title: 'Alarms of etcd',
      shows: 'Members that raise NOSPACE (full: no writes) or CORRUPT (its data differs from the others).',
      normal: '0.',
      otherwise: 'the runbook of KvStoreEtcdAlarm.',
      unit: 'short',
      noData: 'The operator runs no etcd',
      limits: { bad: 1 },
      queries: { '{{namespace}}/{{name}} {{alarm}}': `kvstore_etcd_alarms{${chosenName}}` },
      runbook: 'KvStoreEtcdAlarm',
    }),
    timeseries({
      title: 'Certificates',
      shows: 'Time that is left of each certificate of etcd.',
      normal: 'at least 30 days, and a year for the authority.',
      otherwise: 'paused, or a member is not ready.',
      unit: 's',
      noData: 'The operator runs no etcd',
      limits: { bad: defaults.certificatePageSeconds, good: defaults.certificateSeconds },
      queries: { '{{namespace}}/{{name}} {{certificate}}': certificateLeft(chosenName) },
      runbook: 'KvStoreCertificateExpiring',
    }),
    timeseries({
      title: 'Age of the newest backup',
      shows: 'Time since a backup was last completed; without any, since its schedule was made.',
      normal: 'it grows to the time between two of the schedule, and falls.',
      otherwise: 'the runbook of KvStoreBackupFailed.',
      unit: 's',
      noData: 'No backup has been completed',
      limits: { warn: defaults.backupAgeSeconds },
      queries: {
        '{{namespace}}/{{name}}': backupAge(chosenName),
        '{{namespace}}/{{name}} never due': backupNeverDue(chosenName),
      },
      runbook: 'KvStoreBackupTooOld',
    }),
  ];
}
