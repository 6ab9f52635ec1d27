/** Dashboard "KvStore / Rollout": whether a new version takes over without anybody noticing. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame } from './dashboard.ts';
import { quantile, ratio, requestBuckets, requestCount, sumRate } from './expressions.ts';
import { timeseries } from './panels.ts';
import { apiRoutes, chosen, chosenName, pointRoutes, serverErrors, window } from './selectors.ts';

const api = `${chosen}, ${apiRoutes}`;

export function rolloutDashboard(runbooks: string): DashboardBuilder {
  const dashboard = frame({
    uid: 'kvstore-rollout',
    title: 'KvStore / Rollout',
    description: 'Requests by pod and version, readiness, restarts and errors while pods are replaced.',
    runbooks,
    namespaces: 'label_values(kvstore_ready, namespace)',
    kvstores: 'label_values(kvstore_ready{namespace=~"$namespace"}, name)',
  });
  dashboard.withRow(new RowBuilder('What callers see'));
  for (const panel of callers()) dashboard.withPanel(panel);
  dashboard.withRow(new RowBuilder('Pods'));
  for (const panel of pods()) dashboard.withPanel(panel);
  return dashboard;
}

function callers() {
  const byVersion = `* on (namespace, kvstore, pod) group_left (version) kvstore_build_info{${chosen}}`;
  const errorsByPod = sumRate('pod', requestCount, `${api}, ${serverErrors}`, window);
  return [
    timeseries({
      title: 'Requests by version',
      description: 'API requests a second. One version hands over to the other while the sum stays.',
      unit: 'reqps',
      queries: { '{{version}}': `sum by (version) (rate(${requestCount}{${api}}[${window}]) ${byVersion})` },
    }),
    timeseries({
      title: 'Requests by pod',
      description: 'API requests a second. A pod that goes away falls to 0 before it ends.',
      unit: 'reqps',
      queries: { '{{pod}}': sumRate('pod', requestCount, api, window) },
    }),
    timeseries({
      title: 'Server errors by pod',
      description: 'Part of the API requests that ended with a 5xx: 0 during a rollout. Else roll back.',
      unit: 'percentunit',
      queries: { '{{pod}}': ratio(errorsByPod, sumRate('pod', requestCount, api, window)) },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    timeseries({
      title: 'p99 of single keys and sets by pod',
      description: 'A new pod is slow for its first seconds; it should then be like the others.',
      unit: 's',
      queries: { '{{pod}}': quantile(0.99, 'pod', requestBuckets, `${chosen}, ${pointRoutes}`, window) },
      runbook: 'KvStoreLatencyBurnFast',
    }),
  ];
}

function pods() {
  const notReady = `${chosen}, http_route="/readyz", http_response_status_code="503"`;
  return [
    timeseries({
      title: 'Replicas ready and wanted',
      description: 'As the operator sees them. Ready never falls below wanted during a rollout; new ones climb to it.',
      unit: 'short',
      queries: {
        'ready {{name}}': `kvstore_replicas_ready{${chosenName}}`,
        'available {{name}}': `kvstore_replicas_available{${chosenName}}`,
        'new {{name}}': `kvstore_replicas_updated{${chosenName}}`,
        'wanted {{name}}': `kvstore_replicas_desired{${chosenName}}`,
      },
      runbook: 'KvStoreRolloutStuck',
    }),
    timeseries({
      title: 'Ready and draining',
      description:
        'What each process says of itself. 0 and 0: it syncs, or finds no etcd. A pod drains before it ends.',
      unit: 'short',
      queries: {
        'ready {{pod}}': `kvstore_service_ready{${chosen}}`,
        'draining {{pod}}': `kvstore_service_draining{${chosen}}`,
      },
      runbook: 'KvStoreRolloutStuck',
    }),
    timeseries({
      title: 'Open connections',
      description: 'Connections by pod: they move from a pod that drains to the others, and are 0 when it ends.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_open_connections{${chosen}}` },
    }),
    timeseries({
      title: 'Not ready',
      description: 'Readiness probes answered with 503, by pod: while it syncs at its start and while it drains.',
      unit: 'ops',
      queries: { '{{pod}}': sumRate('pod', requestCount, notReady, window) },
      runbook: 'KvStoreRolloutStuck',
    }),
    timeseries({
      title: 'Pods by version',
      description: 'Service processes that run, by version and Node.',
      unit: 'short',
      queries: { '{{version}} node {{node}}': `count by (version, node) (kvstore_build_info{${chosen}})` },
    }),
    timeseries({
      title: 'Age of the process',
      description: 'Seconds since it started; a fall to 0 within one pod is a restart.',
      unit: 's',
      queries: { '{{pod}}': `time() - process_start_time_seconds{component="service", ${chosen}}` },
      runbook: 'KvStoreReplicaRestarting',
    }),
    timeseries({
      title: 'First sync of new pods',
      description: 'Seconds that full syncs took on average: a pod is not ready before.',
      unit: 's',
      queries: {
        '{{pod}}': `kvstore_resync_duration_seconds_sum{${chosen}} / (kvstore_resync_duration_seconds_count{${chosen}} > 0)`,
      },
    }),
    timeseries({
      title: 'Requests being served',
      description: 'Requests in progress by pod: 0 before a pod ends, else they were cut.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_active_requests{${chosen}}` },
    }),
  ];
}
