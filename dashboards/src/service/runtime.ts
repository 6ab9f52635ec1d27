/** Row of the dashboard Service: Node and the process. */
import { defaults } from '../alerts/thresholds.ts';
import { clockSkew, restarts } from '../expressions.ts';
import { words } from '../limits.ts';
import { stat, timeseries } from '../panels.ts';
import { chosenPod, servicePod, window } from '../selectors.ts';

export function processPanels() {
  return [
    stat({
      title: 'Replicas that answer',
      shows: 'Service processes that Prometheus can scrape.',
      normal: 'as many as are wanted.',
      otherwise: 'the dashboard Rollout says which is missing.',
      unit: 'none',
      width: 6,
      limits: { bad: 0, good: 1 },
      noData: 'No replica is scraped',
      queries: { replicas: `sum(up{${servicePod}})` },
      runbook: 'KvStoreReplicaDown',
    }),
    stat({
      title: 'Kind of store',
      shows: 'Where the data is: in the process itself, or in etcd.',
      normal: 'what was set up.',
      otherwise: 'the setting KV_ETCD_ENDPOINTS.',
      unit: 'none',
      width: 6,
      mappings: words({ 0: 'embedded', 1: 'etcd' }),
      queries: { etcd: `max((kvstore_index_lag_revisions{${chosenPod}} >= bool 0) or 0 * kvstore_keys{${chosenPod}})` },
    }),
    timeseries({
      title: 'Clock skew',
      shows: 'Difference between the clock of the process and that of Prometheus.',
      normal: 'below a second.',
      otherwise: 'one node: its time service. All: the clock of Prometheus.',
      unit: 's',
      limits: { warn: defaults.clockSkewSeconds },
      queries: { '{{pod}}': clockSkew(chosenPod) },
      runbook: 'KvStoreClockSkew',
    }),
    timeseries({
      title: 'Lines that are lost',
      shows: 'Lines of the log and of the audit log that could not be written, a second.',
      normal: '0.',
      otherwise: 'the collector of logs, or the disk of the node.',
      unit: 'ops',
      queries: {
        'log {{pod}}': `rate(kvstore_log_lines_dropped_total{${servicePod}}[${window}])`,
        'audit {{pod}} {{action}}': `rate(kvstore_audit_lines_dropped_total{${servicePod}}[${window}])`,
      },
      runbook: 'KvStoreLogLinesDropped',
    }),
    timeseries({
      title: 'CPU',
      shows: 'Cores in use, and the CPU limits of pods that have one.',
      normal: 'below 0.8, and below the limit. A process uses little more than one core.',
      otherwise: 'at 1 or at its limit it is saturated: add replicas, or raise the limit.',
      unit: 'short',
      limits: { warn: 0.8 },
      queries: {
        '{{pod}}': `rate(process_cpu_seconds_total{${servicePod}}[${window}])`,
        'limit {{pod}}': `kvstore_cpu_limit_cores{${servicePod}}`,
      },
    }),
    timeseries({
      title: 'Memory',
      shows: 'Resident (with the mapped pages of the index, which the system can take back) and heap in use.',
      normal: 'flat after some hours.',
      otherwise: 'the heap grows for days: report it with a heap snapshot.',
      unit: 'bytes',
      queries: {
        'resident {{pod}}': `process_resident_memory_bytes{${servicePod}}`,
        'heap {{pod}}': `nodejs_heap_size_used_bytes{${servicePod}}`,
      },
    }),
    timeseries({
      title: 'Garbage collection',
      shows: 'Part of the time spent collecting, by kind.',
      normal: 'below 5%.',
      otherwise: 'the memory limit is too low, or large answers are made again and again.',
      unit: 'percentunit',
      queries: { '{{kind}}': `sum by (kind) (rate(nodejs_gc_duration_seconds_sum{${servicePod}}[${window}]))` },
    }),
    timeseries({
      title: 'Open file descriptors',
      shows: 'Descriptors in use, connections mostly, and how many there may be.',
      normal: 'far below the maximum.',
      otherwise: 'near it new connections fail: "Open connections".',
      unit: 'short',
      queries: {
        'open {{pod}}': `process_open_fds{${servicePod}}`,
        'most {{pod}}': `process_max_fds{${servicePod}}`,
      },
    }),
    timeseries({
      title: 'Restarts',
      shows: 'Starts of the process other than the first, in the last half hour.',
      normal: '0.',
      otherwise: 'kubectl describe pod says how it ended.',
      unit: 'short',
      limits: { warn: defaults.restarts + 1 },
      queries: { '{{pod}}': restarts(servicePod) },
      runbook: 'KvStoreReplicaRestarting',
    }),
  ];
}
