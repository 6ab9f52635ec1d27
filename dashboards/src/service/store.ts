/** Rows of the dashboard Service: where the time of writes goes, and what is in the store. */
import { latencyBound } from '../alerts/recording.ts';
import { defaults } from '../alerts/thresholds.ts';
import { quantile, sumRate } from '../expressions.ts';
import { timeseries } from '../panels.ts';
import { chosenPod, window } from '../selectors.ts';

export function writePanels() {
  return [
    timeseries({
      title: 'Writes that wait',
      shows: 'Write requests in the queue to etcd. At 10,000 further ones are answered with 503.',
      normal: 'below 100.',
      otherwise: '"Calls to etcd": slow means etcd; else clients write too many single pairs.',
      unit: 'short',
      noData: 'No etcd: writes do not queue',
      limits: { bad: defaults.queuedWrites },
      queries: { '{{pod}}': `kvstore_write_queue{${chosenPod}}` },
      runbook: 'KvStoreWriteQueueFilling',
    }),
    timeseries({
      title: 'Commits of the embedded store',
      shows: 'The p50 and p99 of a commit with its flush to disk. Only without etcd.',
      normal: 'milliseconds.',
      otherwise: 'the disk is slow, or something else writes to it.',
      unit: 's',
      noData: 'No writes, or etcd has them',
      limits: { bad: Number(latencyBound) },
      queries: {
        'p50 {{pod}}': quantile(0.5, 'pod', 'kvstore_commit_duration_seconds_bucket', chosenPod, window),
        'p99 {{pod}}': quantile(0.99, 'pod', 'kvstore_commit_duration_seconds_bucket', chosenPod, window),
      },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    timeseries({
      title: 'Writes a commit',
      shows: 'Write requests that share one flush of the embedded store.',
      normal: 'it rises with the load.',
      otherwise: '1 under load: each write waits for a flush of its own.',
      unit: 'short',
      noData: 'No writes, or etcd has them',
      queries: {
        '{{pod}}': `${sumRate('pod', 'kvstore_commit_requests_total', chosenPod, window)} / ${sumRate('pod', 'kvstore_commit_duration_seconds_count', chosenPod, window)}`,
      },
    }),
  ];
}

export function contentPanels() {
  return [
    timeseries({
      title: 'Keys',
      shows: 'Keys in each replica.',
      normal: 'the same in all replicas of a KvStore, but for moments.',
      otherwise: 'a replica that stays behind lags: "Index behind etcd".',
      unit: 'short',
      queries: { '{{pod}}': `kvstore_keys{${chosenPod}}` },
      runbook: 'KvStoreReplicaLag',
    }),
    timeseries({
      title: 'Disk taken by the index',
      shows: "Bytes of the index on the replica's disk.",
      normal: 'it grows with the keys, and pages that are free are used again.',
      otherwise: 'growing without more keys: many changes while a long read is under way.',
      unit: 'bytes',
      queries: { '{{pod}}': `kvstore_index_bytes{${chosenPod}}` },
    }),
    timeseries({
      title: 'Growth during a streamed answer',
      shows: 'Bytes that the data file has grown by since the oldest answer that is being streamed began.',
      normal: '0, or little for as long as a dump takes.',
      otherwise: 'a client reads slowly; its answer is cut off at KV_SNAPSHOT_MAX_GROWTH.',
      unit: 'bytes',
      limits: { warn: defaults.snapshotGrowthBytes },
      queries: { '{{pod}}': `kvstore_snapshot_growth_bytes{${chosenPod}}` },
      runbook: 'KvStoreSlowReader',
    }),
    timeseries({
      title: 'Revision',
      shows: 'Revision of the newest write in each replica.',
      normal: 'one line for all replicas of a KvStore.',
      otherwise: 'a line that stays flat below the others lags.',
      unit: 'short',
      queries: { '{{pod}}': `kvstore_revision{${chosenPod}}` },
      runbook: 'KvStoreReplicaLag',
    }),
    timeseries({
      title: 'Damage found',
      shows:
        'Reads of the disk that found something else than was written, by what it was; 1 also while the folder is lost.',
      normal: '0.',
      otherwise: 'the log names the key. Save what can be read before anything else.',
      unit: 'short',
      limits: { bad: 1 },
      queries: {
        '{{part}} {{pod}}': `sum by (pod, part) (increase(kvstore_data_damage_total{${chosenPod}}[${window}]))`,
        'folder lost {{pod}}': `kvstore_data_folder_lost{${chosenPod}}`,
      },
      runbook: 'KvStoreDataDamaged',
    }),
  ];
}
