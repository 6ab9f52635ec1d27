/** Dashboard "KvStore / Service": how the API does, and why. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame } from './dashboard.ts';
import { bucketIncrease, mean, quantile, ratio, requestBuckets, requestCount, sumRate } from './expressions.ts';
import { heatmap, stat, timeseries } from './panels.ts';
import { apiRoutes, chosenPod, pointRoutes, serverErrors, servicePod, window } from './selectors.ts';
import { etcdCallPanels } from './service-etcd.ts';
import { runtimePanels } from './service-runtime.ts';

const api = `${chosenPod}, ${apiRoutes}`;
const points = `${chosenPod}, ${pointRoutes}`;

export function serviceDashboard(runbooks: string): DashboardBuilder {
  const dashboard = frame({
    uid: 'kvstore-service',
    title: 'KvStore / Service',
    description: 'Traffic, errors, latency and saturation of the service, its store and its calls to etcd.',
    runbooks,
    namespaces: 'label_values(kvstore_build_info, namespace)',
    kvstores: 'label_values(kvstore_build_info{namespace=~"$namespace"}, kvstore)',
    pods: 'label_values(kvstore_build_info{namespace=~"$namespace", kvstore=~"$kvstore"}, pod)',
  });
  dashboard.withRow(new RowBuilder('Requests'));
  for (const panel of [...glance(), ...requests()]) dashboard.withPanel(panel);
  dashboard.withRow(new RowBuilder('Store'));
  for (const panel of store()) dashboard.withPanel(panel);
  dashboard.withRow(new RowBuilder('etcd, as the service sees it'));
  for (const panel of etcdCallPanels()) dashboard.withPanel(panel);
  dashboard.withRow(new RowBuilder('Process'));
  for (const panel of runtimePanels()) dashboard.withPanel(panel);
  return dashboard;
}

function glance() {
  return [
    stat({
      title: 'Requests',
      description: 'API requests a second. Probes, scrapes and unknown paths are left out.',
      unit: 'reqps',
      queries: { requests: `sum(rate(${requestCount}{${api}}[${window}]))` },
    }),
    stat({
      title: 'Server errors',
      description: 'Part of the API requests that ended with a 5xx. The objective is 0.1% over 30 days.',
      unit: 'percentunit',
      queries: {
        errors: ratio(
          `sum(rate(${requestCount}{${api}, ${serverErrors}}[${window}]))`,
          `sum(rate(${requestCount}{${api}}[${window}]))`,
        ),
      },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    stat({
      title: 'p99 of one key',
      description: 'Time within which 99 of 100 requests for single keys and sets end. The objective is 0.1 s.',
      unit: 's',
      queries: { p99: quantile(0.99, '', requestBuckets, points, window) },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    stat({
      title: 'Replicas that answer',
      description: 'Service processes that Prometheus can scrape.',
      unit: 'none',
      queries: { replicas: `sum(up{${servicePod}})` },
      runbook: 'KvStoreReplicaDown',
    }),
  ];
}

function requests() {
  return [
    timeseries({
      title: 'Requests by route',
      description: 'API requests a second.',
      unit: 'reqps',
      queries: {
        '{{http_request_method}} {{http_route}}': sumRate('http_request_method, http_route', requestCount, api, window),
      },
    }),
    timeseries({
      title: 'Errors by status and route',
      description: 'Answers of 4xx (the caller is told what is wrong) and 5xx (the service could not) a second.',
      unit: 'reqps',
      queries: {
        '{{http_response_status_code}} {{http_route}}': sumRate(
          'http_response_status_code, http_route',
          requestCount,
          `${chosenPod}, http_response_status_code=~"[45].."`,
          window,
        ),
      },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    timeseries({
      title: 'Problems by code',
      description: 'Answers that were problems, a second, by the code in them: docs/api.md says what each means.',
      unit: 'reqps',
      queries: { '{{code}}': sumRate('code', 'kvstore_http_problems_total', chosenPod, window) },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    timeseries({
      title: 'Latency by route',
      description:
        'p50 and p99; dots are single requests with their traces. GET / and searches grow with their answers.',
      unit: 's',
      exemplars: true,
      queries: {
        'p50 {{http_route}}': quantile(0.5, 'http_route', requestBuckets, api, window),
        'p99 {{http_route}}': quantile(0.99, 'http_route', requestBuckets, api, window),
      },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    heatmap({
      title: 'Latency of single keys and sets',
      description: 'How many requests took how long. A second band above the first one is usually a wait for etcd.',
      unit: 's',
      query: bucketIncrease(requestBuckets, points, window),
      runbook: 'KvStoreLatencyBurnFast',
    }),
    timeseries({
      title: 'Requests being served',
      description: 'Requests in progress by pod. Growing without more traffic: something they wait for is stuck.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_active_requests{${chosenPod}}` },
    }),
    timeseries({
      title: 'Open connections',
      description: 'Connections of callers and proxies, in use or idle. Far apart between pods: a proxy prefers one.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_open_connections{${chosenPod}}` },
    }),
    timeseries({
      title: 'Traffic by pod',
      description: 'API requests a second. A pod without any is not behind the Service: look at its readiness.',
      unit: 'reqps',
      queries: { '{{pod}}': sumRate('pod', requestCount, api, window) },
    }),
  ];
}

function store() {
  return [
    timeseries({
      title: 'Keys',
      description: 'Keys in each replica. Replicas of one KvStore differ only for moments.',
      unit: 'short',
      queries: { '{{pod}}': `kvstore_keys{${chosenPod}}` },
      runbook: 'KvStoreReplicaLag',
    }),
    timeseries({
      title: 'Disk taken by the index',
      description: "Bytes of the index on the replica's disk.",
      unit: 'bytes',
      queries: { '{{pod}}': `kvstore_index_bytes{${chosenPod}}` },
    }),
    timeseries({
      title: 'Commits of the embedded store',
      description: 'p50 and p99 of a commit with its flush to disk. Only without etcd.',
      unit: 's',
      queries: {
        'p50 {{pod}}': quantile(0.5, 'pod', 'kvstore_commit_duration_seconds_bucket', chosenPod, window),
        'p99 {{pod}}': quantile(0.99, 'pod', 'kvstore_commit_duration_seconds_bucket', chosenPod, window),
      },
    }),
    timeseries({
      title: 'Writes a commit',
      description: 'Write requests that share one flush of the embedded store: more under load, which is its purpose.',
      unit: 'short',
      queries: {
        '{{pod}}': `${sumRate('pod', 'kvstore_commit_requests_total', chosenPod, window)} / ${sumRate('pod', 'kvstore_commit_duration_seconds_count', chosenPod, window)}`,
      },
    }),
    timeseries({
      title: 'Revision',
      description: 'Revision of the newest write in each replica. A line that stays flat below the others lags.',
      unit: 'short',
      queries: { '{{pod}}': `kvstore_revision{${chosenPod}}` },
      runbook: 'KvStoreReplicaLag',
    }),
    timeseries({
      title: 'Mean time by route',
      description: 'Mean duration; with the quantiles it tells a few slow requests from many.',
      unit: 's',
      queries: { '{{http_route}}': mean('http_route', 'http_server_request_duration_seconds', api, window) },
    }),
  ];
}
