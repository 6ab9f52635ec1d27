/** Alerts about the members of etcd, from etcd's own metrics. */
import { quantile } from '../expressions.ts';
import type { Alert } from './alert.ts';

const pod = '{{ $labels.namespace }}/{{ $labels.pod }}';
const kvStore = '{{ $labels.namespace }}/{{ $labels.kvstore }}';
const up = 'up{component="etcd"}';
const fsync = quantile(
  0.99,
  'namespace, kvstore, pod',
  'etcd_disk_wal_fsync_duration_seconds_bucket',
  'component="etcd"',
  '5m',
);
/** Falls to nothing when a member is down, so members that know a leader are compared with all that are scraped. */
const led = 'sum by (namespace, kvstore) (etcd_server_has_leader{component="etcd"})';
const members = `count by (namespace, kvstore) (${up})`;
const size = 'etcd_mvcc_db_total_size_in_bytes{component="etcd"}';
const quota = 'etcd_server_quota_backend_bytes{component="etcd"}';

export const etcdAlerts: readonly Alert[] = [
  {
    name: 'KvStoreEtcdNoQuorum',
    severity: 'page',
    for: '1m',
    expr: `(${led} or 0 * ${members}) <= ${members} / 2`,
    signals: [led, members],
    summary: `etcd of ${kvStore} has no quorum: no writes, and only stale reads.`,
  },
  {
    name: 'KvStoreEtcdMemberDown',
    severity: 'ticket',
    for: '5m',
    expr: `${up} == 0`,
    signals: [up],
    summary: `Member ${pod} of etcd does not answer.`,
  },
  {
    name: 'KvStoreEtcdAlarm',
    severity: 'page',
    for: '2m',
    expr: 'kvstore_etcd_alarms > 0',
    signals: ['kvstore_etcd_alarms'],
    summary: 'etcd of {{ $labels.namespace }}/{{ $labels.name }} raises the alarm {{ $labels.alarm }}.',
  },
  {
    name: 'KvStoreEtcdNoSpaceNear',
    severity: 'page',
    for: '10m',
    expr: `${size} / ${quota} > 0.8 or predict_linear(${size}[6h], 86400) / ${quota} > 1`,
    signals: [`${size} / ${quota}`, `predict_linear(${size}[6h], 86400) / ${quota}`],
    summary: `The database of ${pod} is at 80% of its quota, or will be over it within a day: writes will stop.`,
  },
  {
    name: 'KvStoreEtcdVolumeFilling',
    severity: 'page',
    for: '10m',
    expr: 'kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"data-.*-etcd-[0-9]+"} / kubelet_volume_stats_capacity_bytes < 0.15',
    signals: [
      'kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"data-.*-etcd-[0-9]+"} / kubelet_volume_stats_capacity_bytes',
    ],
    summary: 'Volume {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has less than 15% left.',
  },
  {
    name: 'KvStoreEtcdSlowDisk',
    severity: 'ticket',
    for: '10m',
    expr: `${fsync} > 0.1`,
    signals: [fsync],
    summary: `The disk of ${pod} is slow: one in a hundred flushes of etcd's log takes more than 0.1 s.`,
  },
];
