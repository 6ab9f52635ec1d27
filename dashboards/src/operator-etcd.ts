/** etcd's own metrics (etcd.io/docs/v3.6/metrics), member by member. */
import { quantile } from './expressions.ts';
import { timeseries } from './panels.ts';
import { chosen, window } from './selectors.ts';

const members = `component="etcd", ${chosen}`;

export function etcdMemberPanels() {
  return [
    timeseries({
      title: 'Members up, with a leader',
      description: '1: the member can be scraped; 1: it knows a leader.',
      unit: 'short',
      queries: {
        'up {{pod}}': `up{${members}}`,
        'has leader {{pod}}': `etcd_server_has_leader{${members}}`,
      },
      runbook: 'KvStoreEtcdMemberDown',
    }),
    timeseries({
      title: 'Changes of the leader',
      description: 'Seen by each member. More than a few a day: slow disks, lost packets, or too little CPU.',
      unit: 'short',
      queries: { '{{pod}}': `increase(etcd_server_leader_changes_seen_total{${members}}[${window}])` },
    }),
    timeseries({
      title: 'Database and quota',
      description: 'Size on disk, in use (after a defragmentation), and the quota at which writes stop (NOSPACE).',
      unit: 'bytes',
      queries: {
        'size {{pod}}': `etcd_mvcc_db_total_size_in_bytes{${members}}`,
        'in use {{pod}}': `etcd_mvcc_db_total_size_in_use_in_bytes{${members}}`,
        'quota {{pod}}': `etcd_server_quota_backend_bytes{${members}}`,
      },
      runbook: 'KvStoreEtcdNoSpaceNear',
    }),
    timeseries({
      title: 'Disk',
      description: "p99 of the log's fsync (etcd wants it below 10 ms) and of commits (below 25 ms).",
      unit: 's',
      queries: {
        'fsync {{pod}}': quantile(0.99, 'pod', 'etcd_disk_wal_fsync_duration_seconds_bucket', members, window),
        'commit {{pod}}': quantile(0.99, 'pod', 'etcd_disk_backend_commit_duration_seconds_bucket', members, window),
      },
      runbook: 'KvStoreEtcdSlowDisk',
    }),
    timeseries({
      title: 'Time to peers',
      description: 'p99 of the round trip between members.',
      unit: 's',
      queries: {
        '{{pod}}': quantile(0.99, 'pod', 'etcd_network_peer_round_trip_time_seconds_bucket', members, window),
      },
    }),
    timeseries({
      title: 'Proposals',
      description: 'Committed a second; pending now; failed a second (elections, no quorum).',
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
