/** Dashboard "KvStore / Operator": reconciles, the queue, KvStores by condition, the members of etcd. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame } from './dashboard.ts';
import { quantile, sumRate } from './expressions.ts';
import { etcdMemberPanels } from './operator-etcd.ts';
import { stat, timeseries } from './panels.ts';
import { chosenName, window } from './selectors.ts';

export function operatorDashboard(runbooks: string): DashboardBuilder {
  const dashboard = frame({
    uid: 'kvstore-operator',
    title: 'KvStore / Operator',
    description: 'The operator, the KvStores it looks after, and the members of their etcds.',
    runbooks,
    namespaces: 'label_values(kvstore_ready, namespace)',
    kvstores: 'label_values(kvstore_ready{namespace=~"$namespace"}, name)',
  });
  dashboard.withRow(new RowBuilder('KvStores'));
  for (const panel of kvStores()) dashboard.withPanel(panel);
  dashboard.withRow(new RowBuilder('etcd'));
  for (const panel of etcdMemberPanels()) dashboard.withPanel(panel);
  dashboard.withRow(new RowBuilder('Operator'));
  for (const panel of operator()) dashboard.withPanel(panel);
  return dashboard;
}

function kvStores() {
  const count = (title: string, description: string, metric: string, runbook?: string) =>
    stat({
      ...{ title, description, unit: 'none' as const, queries: { [title]: `sum(${metric}{${chosenName}})` } },
      ...(runbook === undefined ? {} : { runbook }),
    });
  return [
    stat({
      title: 'KvStores',
      description: 'KvStores that the operator has looked at.',
      unit: 'none',
      queries: { KvStores: `count(kvstore_ready{${chosenName}})` },
    }),
    count('Ready', 'KvStores whose condition Ready is true.', 'kvstore_ready', 'KvStoreNotReady'),
    count('Degraded', 'KvStores whose condition Degraded is true.', 'kvstore_degraded', 'KvStoreDegraded'),
    count('Paused', 'KvStores that the operator leaves alone because spec.paused is true.', 'kvstore_paused'),
    timeseries({
      title: 'Ready by KvStore',
      description: '1: all replicas are available and etcd can decide.',
      unit: 'short',
      queries: { '{{namespace}}/{{name}}': `kvstore_ready{${chosenName}}` },
      runbook: 'KvStoreNotReady',
    }),
    timeseries({
      title: 'Conditions and their reasons',
      description: '1 while a condition has that status and reason. The message is in kubectl describe kvstore.',
      unit: 'short',
      queries: { '{{namespace}}/{{name}} {{type}}={{status}} {{reason}}': `kvstore_condition{${chosenName}}` },
      runbook: 'KvStoreDegraded',
    }),
    timeseries({
      title: 'Rollouts',
      description:
        'Part of the wanted replicas that are of the newest revision. Flat below 1: see why they are not ready.',
      unit: 'percentunit',
      queries: {
        '{{namespace}}/{{name}}': `kvstore_replicas_updated{${chosenName}} / (kvstore_replicas_desired{${chosenName}} > 0)`,
      },
      runbook: 'KvStoreRolloutStuck',
    }),
    timeseries({
      title: 'Alarms of etcd',
      description: 'Members that raise NOSPACE (full: no writes) or CORRUPT (its data differs from the others).',
      unit: 'short',
      queries: { '{{namespace}}/{{name}} {{alarm}}': `kvstore_etcd_alarms{${chosenName}}` },
      runbook: 'KvStoreEtcdAlarm',
    }),
    timeseries({
      title: 'Members of etcd',
      description: 'Members, and those that answered as healthy voters. Half or fewer: no write is possible.',
      unit: 'short',
      queries: {
        'ready {{namespace}}/{{name}}': `kvstore_etcd_members_ready{${chosenName}}`,
        'members {{namespace}}/{{name}}': `kvstore_etcd_members{${chosenName}}`,
      },
      runbook: 'KvStoreEtcdNoQuorum',
    }),
    timeseries({
      title: 'Age of the newest backup',
      description: 'Since a backup was last completed. It grows to the time between two of the schedule, and falls.',
      unit: 's',
      queries: {
        '{{namespace}}/{{name}}': `time() - kvstore_backup_last_success_timestamp_seconds{${chosenName}}`,
      },
      runbook: 'KvStoreBackupTooOld',
    }),
  ];
}

function operator() {
  return [
    timeseries({
      title: 'Operators by version',
      description: 'Processes of the operator; one of them leads.',
      unit: 'short',
      queries: { '{{version}} node {{node}}': 'count by (version, node) (kvstore_operator_build_info)' },
      runbook: 'KvStoreOperatorDown',
    }),
    timeseries({
      title: 'Reconciles by result',
      description: 'Reconciles a second. error: retried with backoff; the log tells why.',
      unit: 'ops',
      queries: { '{{result}}': sumRate('result', 'controller_runtime_reconcile_total', '', window) },
      runbook: 'KvStoreReconcileFailing',
    }),
    timeseries({
      title: 'Duration of a reconcile',
      description: 'p50 and p99.',
      unit: 's',
      queries: {
        p50: quantile(0.5, '', 'controller_runtime_reconcile_time_seconds_bucket', '', window),
        p99: quantile(0.99, '', 'controller_runtime_reconcile_time_seconds_bucket', '', window),
      },
    }),
    timeseries({
      title: 'Queue',
      description: 'Names that wait, and reconciles in progress out of those that may be at once.',
      unit: 'short',
      queries: {
        waiting: 'sum(workqueue_depth)',
        'in progress': 'sum(controller_runtime_active_workers)',
        most: 'sum(controller_runtime_max_concurrent_reconciles)',
      },
    }),
    timeseries({
      title: 'Time in the queue and at work',
      description: 'p99 of how long a name waits and is worked on, and the longest reconcile in progress.',
      unit: 's',
      queries: {
        waits: quantile(0.99, '', 'workqueue_queue_duration_seconds_bucket', '', window),
        worked: quantile(0.99, '', 'workqueue_work_duration_seconds_bucket', '', window),
        longest: 'max(workqueue_longest_running_processor_seconds)',
        unfinished: 'sum(workqueue_unfinished_work_seconds)',
      },
      runbook: 'KvStoreReconcileStuck',
    }),
    timeseries({
      title: 'Names added and retried',
      description: 'A second. Retries follow failures.',
      unit: 'ops',
      queries: {
        added: `sum(rate(workqueue_adds_total[${window}]))`,
        retried: `sum(rate(workqueue_retries_total[${window}]))`,
        errors: `sum(rate(controller_runtime_reconcile_errors_total[${window}]))`,
      },
      runbook: 'KvStoreReconcileFailing',
    }),
    timeseries({
      title: 'Calls of the API server',
      description: 'A second, by method and status. 403: a right is missing. 409: somebody else has the object.',
      unit: 'ops',
      queries: { '{{method}} {{code}}': sumRate('method, code', 'rest_client_requests_total', '', window) },
      runbook: 'KvStoreReconcileFailing',
    }),
    timeseries({
      title: 'Leader',
      description: 'The replica that leads is at 1; exactly one should be.',
      unit: 'short',
      queries: { '{{pod}}': 'max by (pod) (leader_election_master_status)' },
      runbook: 'KvStoreOperatorDown',
    }),
    timeseries({
      title: 'Watches restarted',
      description: 'Watches of the API server that broke, by resource. A few when it restarts; else look at it.',
      unit: 'short',
      queries: {
        '{{resource}}': `sum by (resource) (increase(kvstore_operator_watch_restarts_total[${window}]))`,
      },
    }),
    timeseries({
      title: 'CPU and event loop of the operator',
      description: 'Cores in use, and p99 of how late its event loop is, in seconds.',
      unit: 'short',
      queries: {
        'cores {{pod}}': `rate(process_cpu_seconds_total{component="operator"}[${window}])`,
        'lag {{pod}}': 'nodejs_eventloop_lag_p99_seconds{component="operator"}',
      },
    }),
    timeseries({
      title: 'Memory of the operator',
      description: 'Resident memory; 165 MB without any KvStore and 316 MB with 200 were measured.',
      unit: 'bytes',
      queries: { '{{pod}}': 'process_resident_memory_bytes{component="operator"}' },
    }),
  ];
}
