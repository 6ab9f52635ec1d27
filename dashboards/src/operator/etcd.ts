/** Row of the dashboard Operator: etcd's own metrics (etcd.io/docs/v3.6/metrics), member by member. */
import { defaults } from '../alerts/thresholds.ts';
import { quantile, volumeLeft } from '../expressions.ts';
import { timeseries } from '../panels.ts';
import { chosen, window } from '../selectors.ts';

const members = `component="etcd", ${chosen}`;
const claims = 'namespace=~"$namespace", persistentvolumeclaim=~"data-($kvstore)-etcd-[0-9]+"';

export function etcdMemberPanels() {
  return [
    timeseries({
      title: 'Members up, with a leader',
      shows: '1: the member can be scraped; 1: it knows a leader.',
      normal: '1.',
      otherwise: 'kubectl describe pod and the log of the member.',
      unit: 'short',
      queries: {
        'up {{pod}}': `up{${members}}`,
        'has leader {{pod}}': `etcd_server_has_leader{${members}}`,
      },
      runbook: 'KvStoreEtcdMemberDown',
    }),
    timeseries({
      title: 'Changes of the leader',
      shows: 'Seen by each member.',
      normal: 'one for each rollout or lost node.',
      otherwise: 'more than a few a day: slow disks, lost packets, or too little CPU.',
      unit: 'short',
      queries: { '{{pod}}': `increase(etcd_server_leader_changes_seen_total{${members}}[${window}])` },
    }),
    timeseries({
      title: 'Database and quota',
      shows: 'Size on disk, in use (after a defragmentation), and the quota at which writes stop (NOSPACE).',
      normal: `below ${defaults.quotaUsed * 100}% of the quota.`,
      otherwise: 'size far above in use: history. Both near the quota: that much data.',
      unit: 'bytes',
      queries: {
        'size {{pod}}': `etcd_mvcc_db_total_size_in_bytes{${members}}`,
        'in use {{pod}}': `etcd_mvcc_db_total_size_in_use_in_bytes{${members}}`,
        'quota {{pod}}': `etcd_server_quota_backend_bytes{${members}}`,
      },
      runbook: 'KvStoreEtcdNoSpaceNear',
    }),
    timeseries({
      title: 'Free part of volumes',
      shows: 'Of each volume, as the kubelet of its node measures it once a minute.',
      normal: `above ${defaults.volumeLeft * 100}%.`,
      otherwise: 'a larger etcd.storage.size, where the storage class can grow.',
      unit: 'percentunit',
      limits: { bad: defaults.volumeNearlyFull, good: defaults.volumeLeft },
      noData: 'Kubelets are not scraped',
      queries: { '{{persistentvolumeclaim}}': volumeLeft(claims) },
      runbook: 'KvStoreEtcdVolumeFilling',
    }),
    timeseries({
      title: 'Disk',
      shows: "The p99 of the log's fsync and of commits.",
      normal: 'below 10 ms and 25 ms, as etcd advises.',
      otherwise: 'one member: its node. All: the storage class, or what else writes to it.',
      unit: 's',
      limits: { warn: defaults.fsyncSeconds },
      queries: {
        'fsync {{pod}}': quantile(0.99, 'pod', 'etcd_disk_wal_fsync_duration_seconds_bucket', members, window),
        'commit {{pod}}': quantile(0.99, 'pod', 'etcd_disk_backend_commit_duration_seconds_bucket', members, window),
      },
      runbook: 'KvStoreEtcdSlowDisk',
    }),
    timeseries({
      title: 'Time to peers',
      shows: 'The p99 of the round trip between members.',
      normal: 'below 10 ms in one region.',
      otherwise: 'the network between the nodes.',
      unit: 's',
      noData: 'One member has no peers',
      queries: {
        '{{pod}}': quantile(0.99, 'pod', 'etcd_network_peer_round_trip_time_seconds_bucket', members, window),
      },
    }),
    timeseries({
      title: 'Proposals',
      shows: 'Committed a second; pending now; failed a second.',
      normal: 'failed 0 and pending near 0.',
      otherwise: 'failed: elections or no quorum. Pending: a slow disk.',
      unit: 'short',
      queries: {
        'committed {{pod}}': `rate(etcd_server_proposals_committed_total{${members}}[${window}])`,
        'pending {{pod}}': `etcd_server_proposals_pending{${members}}`,
        'failed {{pod}}': `rate(etcd_server_proposals_failed_total{${members}}[${window}])`,
      },
      runbook: 'KvStoreEtcdNoQuorum',
    }),
  ];
}
