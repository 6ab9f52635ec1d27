/** Alerts about the service's replicas. */
import { requestCount } from '../expressions.ts';
import { apiRoutes } from '../selectors.ts';
import { type Alert, label, storeName, value } from './alert.ts';
import { by } from './recording.ts';
import type { Numbers } from './thresholds.ts';

const replica = `${storeName}, replica ${label('pod')}`;
const up = 'up{component="service"}';
const answering = `sum by (${by}) (${up})`;
const onReplica = 'namespace, kvstore, pod';

export function serviceAlerts(numbers: Numbers): readonly Alert[] {
  const restarts = 'changes(process_start_time_seconds{component="service"}[30m])';
  const lag = 'min_over_time(kvstore_index_lag_revisions[5m])';
  const queue = 'min_over_time(kvstore_write_queue[1m])';
  const replaced = 'increase(kvstore_resyncs_total{cause=~"restored|other-cluster"}[15m])';
  const damage = `sum by (${onReplica}, part) (increase(kvstore_data_damage_total[15m]))`;
  const shed = `sum by (${by}) (rate(kvstore_http_problems_total{code="overloaded"}[5m]))`;
  const served = `sum by (${by}) (rate(${requestCount}{${apiRoutes}}[5m]))`;
  const growth = 'max_over_time(kvstore_snapshot_growth_bytes[5m])';
  const skew = 'abs(kvstore_time_seconds - timestamp(kvstore_time_seconds))';
  const versions = `count by (${by}) (count by (${by}, version) (kvstore_build_info))`;
  return [
    {
      name: 'KvStoreDown',
      severity: 'page',
      reason: 'Page: every request to the store fails.',
      for: '2m',
      wait: 'Longer than a restart of the only replica takes.',
      expr: `count by (${by}) (${up}) unless ${answering} > 0`,
      signals: [answering],
      subject: 'store',
      dashboard: 'kvstore-rollout',
      summary: `${storeName}: no replica answers, so every request fails.`,
      description: `Replicas that are gone: ${value.number}, which is all of them. Usual causes: a setting or an image that lets no replica start, lost nodes, a NetworkPolicy in front of Prometheus.`,
    },
    {
      name: 'KvStoreReplicaDown',
      severity: 'ticket',
      reason: 'Ticket: the other replicas serve; KvStoreDown pages when none is left.',
      for: '5m',
      wait: 'Longer than a pod takes to move to another node.',
      // With the number of replicas that answer as its value.
      expr: `(${up} == 0) + on (${by}) group_left () ${answering}`,
      signals: [up, answering],
      subject: 'replica',
      dashboard: 'kvstore-rollout',
      summary: `${replica}: it does not answer; users feel it only when more replicas are lost.`,
      description: `Other replicas that answer: ${value.number}. Usual causes: the node is gone, the pod is out of memory, Prometheus cannot reach port 8080.`,
    },
    {
      name: 'KvStoreReplicaRestarting',
      severity: 'ticket',
      reason: 'Ticket: the other replicas serve, and the next restart has the same cause as this one.',
      for: '0m',
      wait: 'The window of 30 m counts for itself: a rollout starts each container once.',
      expr: `${restarts} > ${numbers.restarts}`,
      signals: [restarts],
      subject: 'replica',
      dashboard: 'kvstore-rollout',
      summary: `${replica}: it restarts again and again, and requests on its connections are cut each time.`,
      description: `Restarts in half an hour: ${value.number}. Usual causes: out of memory, a wrong setting, a liveness probe that fails because the CPU limit is too low.`,
    },
    {
      name: 'KvStoreReplicaLag',
      severity: 'page',
      reason: 'Page: reads of this replica wait, and end with 503 after their timeout.',
      for: '5m',
      wait: 'The least lag of 5 m, for 5 m: a burst of writes that is applied meanwhile does not count.',
      expr: `${lag} > ${numbers.lagRevisions}`,
      signals: [lag],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: its reads are slow or fail, because it is behind etcd.`,
      description: `Revisions it has been behind for ten minutes: at least ${value.number}. Usual causes: CPU limit too low for the rate of writes, watches that break again and again.`,
    },
    {
      name: 'KvStoreWriteQueueFilling',
      severity: 'page',
      reason: 'Page: writes wait for long, and are refused soon.',
      for: '2m',
      wait: 'The shortest queue of 1 m, for 2 m: a burst drains in seconds.',
      expr: `${queue} > ${numbers.queuedWrites}`,
      signals: [queue],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: writes are slow, and refused with 503 when 10,000 wait.`,
      description: `Writes that wait: ${value.number}. Usual causes: etcd's disk is slow, or clients write more single pairs than etcd can take.`,
    },
    {
      name: 'KvStoreSheddingLoad',
      severity: 'page',
      reason: 'Page: clients are refused now.',
      for: '5m',
      wait: 'A rate over 5 m, for 5 m: a burst of some seconds is refused on purpose.',
      // What is refused before a route is known is not among the served.
      expr: `${shed} / (${served} + ${shed}) > ${numbers.shedRatio}`,
      signals: [shed, served],
      subject: 'store',
      dashboard: 'kvstore-service',
      summary: `${storeName}: clients get 503 "overloaded".`,
      description: `${value.percent} of the requests are refused, because they would wait for too long. Usual causes: more load than the replicas can serve, large dumps and searches, a CPU limit that throttles.`,
    },
    {
      name: 'KvStoreHistoryReplaced',
      severity: 'ticket',
      reason:
        'Ticket: the replica has synced anew and serves; if it was not on purpose, nothing gets worse until morning.',
      for: '0m',
      wait: 'An event: it fires at once, and is shown for 15 m.',
      expr: `${replaced} > 0`,
      signals: [replaced],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: etcd holds another history (${label('cause')}), so users see the data of a backup or of another cluster.`,
      description: `Full syncs for that reason in 15 minutes: ${value.number}. Usual causes: a backup was restored, or the endpoints were changed.`,
    },
    {
      name: 'KvStoreDataDamaged',
      severity: 'page',
      reason: 'Page: requests for the damaged keys fail, and more may be damaged.',
      for: '0m',
      wait: 'An event: it fires at once, and is shown for 15 m.',
      expr: `${damage} > 0`,
      signals: [damage],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: requests for damaged data fail with 500 "data-corrupted".`,
      description: `Reads that met damage (${label('part')}) in 15 minutes: ${value.number}. Usual causes: a failing disk, a file that was changed from outside.`,
    },
    {
      name: 'KvStoreDataFolderLost',
      severity: 'page',
      reason: 'Page: a restart of the process loses what it still shows.',
      for: '0m',
      wait: 'A folder does not come back by itself: it fires at once.',
      expr: 'kvstore_data_folder_lost == 1',
      signals: ['kvstore_data_folder_lost'],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: writes fail with 503 "data-folder-lost", and a restart loses what is still readable.`,
      description: `Keys that exist in this process alone: {{ with query (printf "kvstore_keys{namespace='%s',pod='%s'}" $labels.namespace $labels.pod) }}{{ . | first | value | humanize }}{{ else }}unknown{{ end }}. Usual causes: somebody removed the folder, or mounted another volume over it.`,
    },
    {
      name: 'KvStoreTokensNotTaken',
      severity: 'ticket',
      reason: 'Ticket: clients with the earlier tokens go on; a token that was taken out still works.',
      for: '5m',
      wait: 'Longer than the kubelet takes to finish writing a Secret, and a person to correct a typing error.',
      expr: `(kvstore_tokens_last_reload_successful == 0) + on (${onReplica}) group_left () sum by (${onReplica}) (kvstore_tokens)`,
      signals: ['kvstore_tokens_last_reload_successful', `sum by (${onReplica}) (kvstore_tokens)`],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: new tokens are refused and revoked ones still work, because the file of tokens cannot be used.`,
      description: `Earlier tokens that stay in force: ${value.number}. Usual cause: a line in the file that is no token.`,
    },
    {
      name: 'KvStoreTlsExpiring',
      severity: 'ticket',
      reason: 'Ticket: clients connect until the certificate expires.',
      for: '30m',
      wait: 'Longer than a renewed Secret takes to reach the pods.',
      expr: `kvstore_tls_certificate_expiry_timestamp_seconds - time() < ${numbers.tlsSeconds}`,
      signals: ['kvstore_tls_certificate_expiry_timestamp_seconds - time()'],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: https clients will refuse its certificate, which is not renewed.`,
      description: `Time left: ${value.duration}. Usual causes: nothing renews the Secret, or the new files cannot be used.`,
    },
    {
      name: 'KvStoreSlowReader',
      severity: 'ticket',
      reason: 'Ticket: the answer is cut off before the disk is full; the file keeps its size.',
      for: '0m',
      wait: 'The peak of 5 m: the growth is over when the answer is.',
      expr: `${growth} > ${numbers.snapshotGrowthBytes}`,
      signals: [growth],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: a client that reads slowly makes the data file grow, and its answer will be cut off.`,
      description: `The file has grown by ${value.bytes} during one answer. Usual causes: a dump over a slow connection, a client that stops reading, many writes meanwhile.`,
    },
    {
      name: 'KvStoreClockSkew',
      severity: 'ticket',
      reason: 'Ticket: times to live end early or late; nothing is lost.',
      for: '10m',
      wait: 'Longer than the time service of a node needs after a start.',
      expr: `${skew} > ${numbers.clockSkewSeconds}`,
      signals: [skew],
      subject: 'replica',
      dashboard: 'kvstore-service',
      summary: `${replica}: keys with a time to live end early or late, because a clock is wrong.`,
      description: `Its clock and that of Prometheus differ by ${value.duration}. Usual causes: no time service on the node, a machine that was suspended. If all replicas show it, it is the clock of Prometheus.`,
    },
    {
      name: 'KvStoreVersionsMixed',
      severity: 'ticket',
      reason: 'Ticket: both versions serve; a rollout has not come to its end.',
      for: '1h',
      wait: 'Longer than a rollout of many replicas takes.',
      expr: `${versions} > 1`,
      signals: [versions],
      subject: 'store',
      dashboard: 'kvstore-rollout',
      summary: `${storeName}: users get answers of different versions.`,
      description: `Versions that have been serving for an hour: ${value.number}. Usual causes: a rollout that is stuck or paused, an image tag that was moved.`,
    },
  ];
}
