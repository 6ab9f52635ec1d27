/** Row of the dashboard Service: reads by lease, and what writes pay for them. */
import { latencyBound } from '../alerts/recording.ts';
import { defaults } from '../alerts/thresholds.ts';
import { quantile } from '../expressions.ts';
import { timeseries } from '../panels.ts';
import { chosenPod, window } from '../selectors.ts';

const noEtcd = 'No etcd: the store is embedded';
const runbook = 'KvStoreReaderCutOff';

export function leasePanels() {
  return [
    timeseries({
      title: 'Leases',
      shows: 'Whether each replica may read by lease (1 or 0), and how many readers each counts, itself included.',
      normal:
        '0 with freshReads: barrier. With lease 1 for each replica while reads outnumber writes, and as many readers.',
      otherwise:
        '"Ends of leases" says why there is none. Without one a replica asks etcd for each fresh read, and writes go on.',
      unit: 'short',
      noData: noEtcd,
      queries: {
        'held by {{pod}}': `kvstore_lease_held{${chosenPod}}`,
        'readers, by {{pod}}': `kvstore_readers{${chosenPod}}`,
      },
    }),
    timeseries({
      title: 'Ends of leases',
      shows: 'Leases that ended, by reason.',
      normal:
        'closed in a rollout; writes and idle when a store is written more than it is read, or not read; sync with a full sync.',
      otherwise:
        'expired: the replica was paused, or etcd did not answer. noticed, removed: another replica could not reach it. failed: etcd did not take its key.',
      unit: 'short',
      noData: noEtcd,
      queries: { '{{reason}}': `sum by (reason) (increase(kvstore_lease_ends_total{${chosenPod}}[${window}]))` },
      runbook,
    }),
    timeseries({
      title: 'Waits for readers',
      shows:
        'The p99 of what waits until each reader has a revision. write: its acknowledgement. read: of a key that was just written. barrier: a read without a lease.',
      normal: 'some milliseconds, the time of a message between two replicas.',
      otherwise: '"Stalls and notices": a reader does not answer.',
      unit: 's',
      noData: 'Nothing waited',
      limits: { bad: Number(latencyBound) },
      queries: {
        '{{waiter}}': quantile(0.99, 'waiter', 'kvstore_stability_wait_seconds_bucket', chosenPod, window),
      },
      runbook,
    }),
    timeseries({
      title: 'Pending revisions',
      shows: 'Revisions that a replica has received and not shown yet, since a reader may not have them.',
      normal: 'near 0; some with many writes.',
      otherwise: 'a number that stays up: a reader does not report, and writes wait for it.',
      unit: 'short',
      noData: noEtcd,
      queries: { '{{pod}}': `kvstore_revisions_pending{${chosenPod}}` },
      runbook,
    }),
    timeseries({
      title: 'Stalls and notices',
      shows:
        'Times that writes waited long for a reader, by cause, and notices that end its lease. unreachable: no connection. silent: no sign of life. behind: it answers, and is slow.',
      normal: '0. One notice when a replica is killed.',
      otherwise: 'again and again: a network that drops the port 9443 between pods, or a replica that is paused.',
      unit: 'short',
      noData: noEtcd,
      limits: { bad: defaults.readerNotices + 1 },
      queries: {
        'stalls {{cause}}': `sum by (cause) (increase(kvstore_stalls_total{${chosenPod}}[${window}]))`,
        'notices of {{pod}}': `increase(kvstore_notices_total{${chosenPod}}[${window}])`,
      },
      runbook,
    }),
  ];
}
