/** Rows of the dashboard Service: what clients get, and where the time of reads goes. */
import { latencyBound } from '../alerts/recording.ts';
import { defaults } from '../alerts/thresholds.ts';
import { bucketIncrease, mean, quantile, requestBuckets, requestCount, sumRate } from '../expressions.ts';
import { heatmap, timeseries } from '../panels.ts';
import { apiRoutes, chosenPod, pointRoutes, servicePod, window } from '../selectors.ts';

const api = `${chosenPod}, ${apiRoutes}`;

export function clientPanels() {
  return [
    timeseries({
      title: 'Problems by code',
      shows: 'Answers that were problems, a second, by the code in them; docs/api.md says what each means.',
      normal: 'client errors such as key-not-found only.',
      otherwise: 'the runbook of KvStoreAvailabilityBurnFast has a step for each code.',
      unit: 'reqps',
      queries: { '{{code}}': sumRate('code', 'kvstore_http_problems_total', chosenPod, window) },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    timeseries({
      title: 'Client errors by status and route',
      shows: 'Answers with a 4xx a second: the answer says what is wrong with the request.',
      normal: '404 for keys that are not there.',
      otherwise: 'a rise of 400 or 401 is a client that was changed; its owner has to look.',
      unit: 'reqps',
      noData: 'No client errors',
      queries: {
        '{{http_response_status_code}} {{http_route}}': sumRate(
          'http_response_status_code, http_route',
          requestCount,
          `${chosenPod}, http_response_status_code=~"4.."`,
          window,
        ),
      },
    }),
    timeseries({
      title: 'Latency by route with traces',
      shows: 'The p50 and p99 of the chosen pods; dots are single requests with their traces.',
      normal: `below ${latencyBound} s for single keys and sets.`,
      otherwise: 'click on a dot for the trace of a slow request.',
      unit: 's',
      noData: 'No requests',
      exemplars: true,
      minStep: 60,
      limits: { bad: Number(latencyBound) },
      queries: {
        'p50 {{http_route}}': quantile(0.5, 'http_route', requestBuckets, api, window),
        'p99 {{http_route}}': quantile(0.99, 'http_route', requestBuckets, api, window),
      },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    heatmap({
      title: 'Latency of single keys and sets',
      shows: 'How many requests took how long.',
      normal: 'one band.',
      otherwise: 'a second band above it is usually a wait for etcd.',
      unit: 's',
      noData: 'No requests',
      query: bucketIncrease(requestBuckets, `${chosenPod}, ${pointRoutes}`, window),
      runbook: 'KvStoreLatencyBurnFast',
    }),
    timeseries({
      title: 'Mean time by route',
      shows: 'Mean duration.',
      normal: 'near to p50.',
      otherwise: 'far above p50: a few requests are very slow.',
      unit: 's',
      noData: 'No requests',
      queries: { '{{http_route}}': mean('http_route', 'http_server_request_duration_seconds', api, window) },
    }),
    timeseries({
      title: 'Traffic by pod',
      shows: 'API requests a second.',
      normal: 'about the same for each pod.',
      otherwise: 'a pod without any is not behind the Service: look at its readiness.',
      unit: 'reqps',
      noData: 'No requests',
      queries: { '{{pod}}': sumRate('pod', requestCount, api, window) },
    }),
    timeseries({
      title: 'Open connections',
      shows: 'Connections of clients and proxies, in use or idle.',
      normal: 'about the same for each pod.',
      otherwise: 'far apart: a proxy prefers one pod.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_open_connections{${chosenPod}}` },
    }),
    timeseries({
      title: 'Watches',
      shows: 'Watches that are open, and reads that wait for a change.',
      normal: 'one for each subscriber.',
      otherwise: 'growing without more subscribers: one that opens again and again without closing.',
      unit: 'short',
      queries: {
        '{{pod}}': `kvstore_watches{${chosenPod}}`,
        '{{pod}} waiting reads': `kvstore_waiting_reads{${chosenPod}}`,
      },
    }),
    timeseries({
      title: 'Requests being served',
      shows: 'Requests in progress by pod.',
      normal: 'a few.',
      otherwise: 'growing without more traffic: what they wait for is stuck.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_active_requests{${chosenPod}}` },
    }),
  ];
}

export function readPanels() {
  return [
    timeseries({
      title: 'Wait for a turn',
      shows: 'The p50 and p99 of the time that requests waited in admission, of those that had to wait.',
      normal: 'no line, or milliseconds.',
      otherwise: 'the process is saturated: "CPU" and "Event loop lag".',
      unit: 's',
      noData: 'No request had to wait',
      queries: {
        'p50 {{pod}}': quantile(0.5, 'pod', 'kvstore_admission_wait_seconds_bucket', chosenPod, window),
        'p99 {{pod}}': quantile(0.99, 'pod', 'kvstore_admission_wait_seconds_bucket', chosenPod, window),
      },
      runbook: 'KvStoreSheddingLoad',
    }),
    timeseries({
      title: 'Barrier',
      shows: 'Time that a linearizable read waits until the index is fresh. Only with etcd.',
      normal: 'a round trip to etcd.',
      otherwise: '"Calls to etcd" and "Index behind etcd" say whether etcd or the replica is slow.',
      unit: 's',
      noData: 'No linearizable reads, or no etcd',
      limits: { bad: Number(latencyBound) },
      queries: {
        'p50 {{pod}}': quantile(0.5, 'pod', 'kvstore_barrier_duration_seconds_bucket', chosenPod, window),
        'p99 {{pod}}': quantile(0.99, 'pod', 'kvstore_barrier_duration_seconds_bucket', chosenPod, window),
      },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    timeseries({
      title: 'Index behind etcd',
      shows: 'Revisions that the index is behind the newest write it knows of. Reads wait for them.',
      normal: '0, and short peaks.',
      otherwise: 'one pod: delete it. All: CPU, or too many writes.',
      unit: 'short',
      noData: 'No etcd: the index is the store',
      limits: { bad: defaults.lagRevisions },
      queries: { '{{pod}}': `kvstore_index_lag_revisions{${chosenPod}}` },
      runbook: 'KvStoreReplicaLag',
    }),
    timeseries({
      title: 'Event loop lag',
      shows: 'The p99 of how late the event loop is. Every request waits for that long.',
      normal: 'milliseconds.',
      otherwise: 'large dumps and searches, or a CPU limit that throttles.',
      unit: 's',
      limits: { bad: Number(latencyBound) },
      queries: { '{{pod}}': `nodejs_eventloop_lag_p99_seconds{${servicePod}}` },
    }),
  ];
}
