/** What the service's etcd store does: reads' barrier, writes' batches, calls, the watch. */
import { mean, quantile, sumRate } from './expressions.ts';
import { timeseries } from './panels.ts';
import { chosenPod, window } from './selectors.ts';

export function etcdCallPanels() {
  return [
    timeseries({
      title: 'Barrier',
      description: 'Time a linearizable read waits until the index is fresh.',
      unit: 's',
      queries: {
        'p50 {{pod}}': quantile(0.5, 'pod', 'kvstore_barrier_duration_seconds_bucket', chosenPod, window),
        'p99 {{pod}}': quantile(0.99, 'pod', 'kvstore_barrier_duration_seconds_bucket', chosenPod, window),
      },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    timeseries({
      title: 'Requests that share a call',
      description: 'Reads to one look at the head key, and writes to one transaction, on average. They rise with load.',
      unit: 'short',
      queries: {
        'reads {{pod}}': mean('pod', 'kvstore_barrier_requests', chosenPod, window),
        'writes {{pod}}': mean('pod', 'kvstore_batch_requests', chosenPod, window),
      },
    }),
    timeseries({
      title: 'Calls to etcd',
      description: 'p99 by call. High while the members themselves are fast: look at the network.',
      unit: 's',
      queries: {
        '{{call}}': quantile(0.99, 'call', 'kvstore_etcd_request_duration_seconds_bucket', chosenPod, window),
      },
      runbook: 'KvStoreEtcdSlowDisk',
    }),
    timeseries({
      title: 'Failed calls to etcd',
      description:
        'not-executed: no connection or no leader. unknown: lost or late answers. no-space: etcd is full. refused: password, role or certificate.',
      unit: 'ops',
      queries: { '{{call}} {{meaning}}': sumRate('call, meaning', 'kvstore_etcd_errors_total', chosenPod, window) },
      runbook: 'KvStoreEtcdNoQuorum',
    }),
    timeseries({
      title: 'Index behind etcd',
      description: 'Revisions the index is behind the newest write it has heard of. Reads wait for them.',
      unit: 'short',
      queries: { '{{pod}}': `kvstore_index_lag_revisions{${chosenPod}}` },
      runbook: 'KvStoreReplicaLag',
    }),
    timeseries({
      title: 'Writes that wait',
      description: 'Write requests in the queue; at 10,000 further ones are answered with 503 at once.',
      unit: 'short',
      queries: { '{{pod}}': `kvstore_write_queue{${chosenPod}}` },
      runbook: 'KvStoreWriteQueueFilling',
    }),
    timeseries({
      title: 'Full syncs by cause',
      description: 'first: a new process. compacted: cut off for long. restored, other-cluster: the history changed.',
      unit: 'short',
      queries: { '{{cause}}': `sum by (cause) (increase(kvstore_resyncs_total{${chosenPod}}[${window}]))` },
      runbook: 'KvStoreHistoryReplaced',
    }),
    timeseries({
      title: 'Watches opened, foreign values',
      description: 'A steady rise of watches: connections break. Foreign values: something else writes to our prefix.',
      unit: 'short',
      queries: {
        'watches {{pod}}': `increase(kvstore_watch_starts_total{${chosenPod}}[${window}])`,
        'foreign {{pod}}': `increase(kvstore_foreign_values_total{${chosenPod}}[${window}])`,
      },
    }),
  ];
}
