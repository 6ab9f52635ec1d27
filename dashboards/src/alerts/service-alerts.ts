/** Alerts about the service's replicas. */
import type { Alert } from './alert.ts';

const where = '{{ $labels.namespace }}/{{ $labels.pod }}';

export const serviceAlerts: readonly Alert[] = [
  {
    name: 'KvStoreReplicaDown',
    severity: 'ticket',
    for: '5m',
    expr: 'up{component="service"} == 0',
    signals: ['up{component="service"}'],
    summary: `${where} does not answer a scrape.`,
  },
  {
    name: 'KvStoreReplicaRestarting',
    severity: 'ticket',
    for: '0m',
    expr: 'changes(process_start_time_seconds{component="service"}[30m]) > 2',
    signals: ['changes(process_start_time_seconds{component="service"}[30m])'],
    summary: `${where} has restarted more than twice in half an hour.`,
  },
  {
    name: 'KvStoreReplicaLag',
    severity: 'page',
    for: '5m',
    expr: 'min_over_time(kvstore_index_lag_revisions[5m]) > 100',
    signals: ['min_over_time(kvstore_index_lag_revisions[5m])'],
    summary: `${where} has been more than 100 revisions behind etcd for ten minutes.`,
  },
  {
    name: 'KvStoreWriteQueueFilling',
    severity: 'page',
    for: '2m',
    expr: 'min_over_time(kvstore_write_queue[1m]) > 5000',
    signals: ['min_over_time(kvstore_write_queue[1m])'],
    summary: `${where} has more than 5000 writes waiting; at 10000 it refuses further ones.`,
  },
  {
    name: 'KvStoreHistoryReplaced',
    severity: 'ticket',
    for: '0m',
    expr: 'increase(kvstore_resyncs_total{cause=~"restored|other-cluster"}[15m]) > 0',
    signals: ['increase(kvstore_resyncs_total{cause=~"restored|other-cluster"}[15m])'],
    summary: `${where} found another history in etcd ({{ $labels.cause }}).`,
  },
  {
    name: 'KvStoreDataDamaged',
    severity: 'page',
    for: '0m',
    expr: 'sum by (namespace, kvstore, pod, part) (increase(kvstore_data_damage_total[15m])) > 0',
    signals: ['sum by (namespace, kvstore, pod, part) (increase(kvstore_data_damage_total[15m]))'],
    summary: `${where} has read damaged data ({{ $labels.part }}): requests for it fail.`,
  },
  {
    name: 'KvStoreDataFolderLost',
    severity: 'page',
    for: '0m',
    expr: 'kvstore_data_folder_lost == 1',
    signals: ['kvstore_data_folder_lost'],
    summary: `${where} has lost its data folder: writes are refused, and a restart loses what it still shows.`,
  },
  {
    name: 'KvStoreDataFileGrowing',
    severity: 'ticket',
    for: '5m',
    expr: 'kvstore_snapshot_growth_bytes > 268435456',
    signals: ['kvstore_snapshot_growth_bytes'],
    summary: `The data file of ${where} has grown by more than 256 MiB since a client began to read a long answer slowly.`,
  },
  {
    name: 'KvStoreTokensNotTaken',
    severity: 'ticket',
    for: '5m',
    expr: 'kvstore_tokens_last_reload_successful == 0',
    signals: ['kvstore_tokens_last_reload_successful'],
    summary: `${where} cannot use its file of tokens: the last good ones stay in force.`,
  },
];
