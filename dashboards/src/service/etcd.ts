/** Row of the dashboard Service: etcd, as the service sees it. */
import { latencyBound } from '../alerts/recording.ts';
import { mean, quantile, sumRate } from '../expressions.ts';
import { timeseries } from '../panels.ts';
import { chosenPod, window } from '../selectors.ts';

const noEtcd = 'No etcd: the store is embedded';

export function etcdRows() {
  return { 'Is etcd the cause?': etcdPanels() };
}

function etcdPanels() {
  return [
    timeseries({
      title: 'Calls to etcd',
      shows: 'The p99 by call.',
      normal: 'about 10 ms for writes, less for reads.',
      otherwise: 'compare with "Disk" on the dashboard Operator. If the members are fast, it is the network.',
      unit: 's',
      noData: noEtcd,
      limits: { bad: Number(latencyBound) },
      queries: {
        '{{call}}': quantile(0.99, 'call', 'kvstore_etcd_request_duration_seconds_bucket', chosenPod, window),
      },
      runbook: 'KvStoreEtcdSlowDisk',
    }),
    timeseries({
      title: 'Failed calls to etcd',
      shows:
        'Calls a second by meaning. not-executed: no connection or no leader. unknown: lost or late answers. no-space: etcd is full. refused: password, role or certificate.',
      normal: 'no line, but for a moment of an election.',
      otherwise: 'the runbook of KvStoreEtcdNoQuorum.',
      unit: 'ops',
      noData: 'No failed calls',
      queries: { '{{call}} {{meaning}}': sumRate('call, meaning', 'kvstore_etcd_errors_total', chosenPod, window) },
      runbook: 'KvStoreEtcdNoQuorum',
    }),
    timeseries({
      title: 'Requests that share a call',
      shows: 'Reads to one look at the head key, and writes to one transaction, on average.',
      normal: 'they rise with the load.',
      otherwise: 'writes near 127 pairs: transactions are full, see "Writes that wait".',
      unit: 'short',
      noData: noEtcd,
      queries: {
        'reads {{pod}}': mean('pod', 'kvstore_barrier_requests', chosenPod, window),
        'writes {{pod}}': mean('pod', 'kvstore_batch_requests', chosenPod, window),
      },
    }),
    timeseries({
      title: 'Watches opened, foreign values',
      shows: 'Watches of etcd that were opened, and values under the prefix that are no pairs.',
      normal: '0 after the start.',
      otherwise: 'a steady rise of watches: connections break. Foreign values: something else writes to the prefix.',
      unit: 'short',
      noData: noEtcd,
      queries: {
        'watches {{pod}}': `increase(kvstore_watch_starts_total{${chosenPod}}[${window}])`,
        'foreign {{pod}}': `increase(kvstore_foreign_values_total{${chosenPod}}[${window}])`,
      },
    }),
    timeseries({
      title: 'Full syncs by cause',
      shows:
        'By cause. first: a new process. compacted: cut off for long. restored, other-cluster: the history changed.',
      normal: 'first, for each new pod.',
      otherwise: 'the runbook of KvStoreHistoryReplaced.',
      unit: 'short',
      noData: noEtcd,
      queries: { '{{cause}}': `sum by (cause) (increase(kvstore_resyncs_total{${chosenPod}}[${window}]))` },
      runbook: 'KvStoreHistoryReplaced',
    }),
  ];
}
