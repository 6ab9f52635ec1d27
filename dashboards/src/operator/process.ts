/** Row of the dashboard Operator: reconciles, the queue, the API server and the process. */
import { defaults } from '../alerts/thresholds.ts';
import { quantile, reconcileFailing, sumRate } from '../expressions.ts';
import { timeseries } from '../panels.ts';
import { chosenName, window } from '../selectors.ts';

export function operatorPanels() {
  return [...reconciles(), ...processes()];
}

function reconciles() {
  return [
    timeseries({
      title: 'Reconciles by result',
      shows: 'Reconciles a second.',
      normal: 'success and requeue_after.',
      otherwise: 'error: retried with backoff; the log has the reason.',
      unit: 'ops',
      queries: { '{{result}}': sumRate('result', 'controller_runtime_reconcile_total', '', window) },
      runbook: 'KvStoreReconcileFailing',
    }),
    timeseries({
      title: 'KvStores whose reconciles fail',
      shows: 'Time for which every reconcile of a KvStore has failed.',
      normal: 'no line.',
      otherwise: 'the log of the operator has the error.',
      unit: 's',
      noData: 'No reconcile fails',
      limits: { warn: defaults.reconcileFailingSeconds },
      queries: { '{{namespace}}/{{name}}': reconcileFailing(chosenName) },
      runbook: 'KvStoreReconcileFailing',
    }),
    timeseries({
      title: 'Duration of a reconcile',
      shows: 'The p50 and p99.',
      normal: 'below a second; more while members of etcd are changed.',
      otherwise: '"Calls of the API server".',
      unit: 's',
      queries: {
        p50: quantile(0.5, '', 'controller_runtime_reconcile_time_seconds_bucket', '', window),
        p99: quantile(0.99, '', 'controller_runtime_reconcile_time_seconds_bucket', '', window),
      },
    }),
    timeseries({
      title: 'Queue',
      shows: 'Names that wait, and reconciles in progress out of those that may be at once.',
      normal: 'waiting near 0.',
      otherwise: 'it grows: reconciles hang or fail.',
      unit: 'short',
      queries: {
        waiting: 'sum(workqueue_depth)',
        'in progress': 'sum(controller_runtime_active_workers)',
        most: 'sum(controller_runtime_max_concurrent_reconciles)',
      },
    }),
    timeseries({
      title: 'Time in the queue and at work',
      shows: 'The p99 of how long a name waits and is worked on, and the longest reconcile in progress.',
      normal: 'seconds.',
      otherwise: 'longest keeps rising: a call hangs.',
      unit: 's',
      limits: { warn: defaults.reconcileSeconds },
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
      shows: 'Names a second.',
      normal: 'added in bursts; retried 0.',
      otherwise: 'retries follow failures: "Reconciles by result".',
      unit: 'ops',
      queries: {
        added: `sum(rate(workqueue_adds_total[${window}]))`,
        retried: `sum(rate(workqueue_retries_total[${window}]))`,
        errors: `sum(rate(controller_runtime_reconcile_errors_total[${window}]))`,
      },
      runbook: 'KvStoreReconcileFailing',
    }),
  ];
}

function processes() {
  return [
    timeseries({
      title: 'Calls of the API server',
      shows: 'Calls a second, by method and status.',
      normal: '200 and 201.',
      otherwise: '403: a right is missing. 409: somebody else has the object. 5xx: the API server is in trouble.',
      unit: 'ops',
      queries: { '{{method}} {{code}}': sumRate('method, code', 'rest_client_requests_total', '', window) },
      runbook: 'KvStoreReconcileFailing',
    }),
    timeseries({
      title: 'Watches restarted',
      shows: 'Watches of the API server that broke, by resource.',
      normal: 'a few when the API server restarts.',
      otherwise: 'a steady number: a proxy between them cuts connections.',
      unit: 'short',
      noData: 'No watch broke',
      queries: {
        '{{resource}}': `sum by (resource) (increase(kvstore_operator_watch_restarts_total[${window}]))`,
      },
    }),
    timeseries({
      title: 'Leader',
      shows: 'The replica that leads is at 1.',
      normal: 'exactly one.',
      otherwise: 'none: the Lease kvstore-operator names its holder.',
      unit: 'short',
      queries: { '{{pod}}': 'max by (pod) (leader_election_master_status)' },
      runbook: 'KvStoreOperatorDown',
    }),
    timeseries({
      title: 'Operators by version',
      shows: 'Processes of the operator.',
      normal: 'one version.',
      otherwise: 'two: a rollout of the operator is under way, or stuck.',
      unit: 'short',
      queries: { '{{version}} node {{node}}': 'count by (version, node) (kvstore_operator_build_info)' },
      runbook: 'KvStoreOperatorDown',
    }),
    timeseries({
      title: 'CPU and event loop of the operator',
      shows: 'Cores in use, and p99 of how late its event loop is, in seconds.',
      normal: 'below 0.2 and below 0.1.',
      otherwise: 'its CPU limit throttles.',
      unit: 'short',
      queries: {
        'cores {{pod}}': `rate(process_cpu_seconds_total{component="operator"}[${window}])`,
        'lag {{pod}}': 'nodejs_eventloop_lag_p99_seconds{component="operator"}',
      },
    }),
    timeseries({
      title: 'Memory of the operator',
      shows: 'Resident memory.',
      normal: '165 MB without any KvStore, and 316 MB with 200.',
      otherwise: 'more for as many: report it.',
      unit: 'bytes',
      queries: { '{{pod}}': 'process_resident_memory_bytes{component="operator"}' },
    }),
  ];
}
