/** Dashboard "KvStore / Rollout": whether a new version takes over without clients noticing. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { objectiveLimits } from './alerts/burn-rate.ts';
import { badRatioOf, latencyBound, podPointP99, requestsByVersion } from './alerts/recording.ts';
import { defaults } from './alerts/thresholds.ts';
import { frame } from './dashboard.ts';
import { requestCount, restarts, rollingOut, stalledRollout, sumRate, versions } from './expressions.ts';
import { stat, timeseries } from './panels.ts';
import { apiRoutes, chosen, chosenName, serverErrors, window } from './selectors.ts';
import { alertTable, firingStat } from './tables.ts';

const api = `${chosen}, ${apiRoutes}`;

export function rolloutDashboard(runbooks: string): DashboardBuilder {
  return frame({
    uid: 'kvstore-rollout',
    title: 'KvStore / Rollout',
    description: 'Requests by pod and version, readiness, restarts and errors while pods are replaced.',
    runbooks,
    namespaces: 'label_values(kvstore_ready, namespace)',
    kvstores: 'label_values(kvstore_ready{namespace=~"$namespace"}, name)',
    first: [...glance(), ...overview(), alertTable(5)],
    rows: { 'What do clients notice?': clients(), 'What do the pods do?': pods() },
  });
}

function glance() {
  return [
    stat({
      title: 'Replicas missing',
      shows: 'Replicas that are wanted and not ready.',
      normal: '0. During a rollout it rises for seconds.',
      otherwise: '"Ready and draining" names the pods that are not ready.',
      unit: 'none',
      limits: { warn: 1 },
      queries: {
        missing: `sum(clamp_min(kvstore_replicas_desired{${chosenName}} - kvstore_replicas_ready{${chosenName}}, 0))`,
      },
      runbook: 'KvStoreRolloutStuck',
    }),
    stat({
      title: 'Rollouts under way',
      shows: 'KvStores with replicas that are not of the newest revision.',
      normal: '0, or 1 while you look at one.',
      otherwise: 'for longer than 15 minutes: the runbook of KvStoreRolloutStuck.',
      unit: 'none',
      queries: { rollouts: `count(${rollingOut(chosenName)}) or vector(0)` },
    }),
    stat({
      title: 'Rollouts stuck',
      shows: 'KvStores whose new replicas cannot become ready until somebody changes something.',
      normal: '0.',
      otherwise: 'kubectl describe kvstore says why, and the runbook what to do.',
      unit: 'none',
      limits: { warn: 1 },
      queries: { stuck: `count(${stalledRollout(chosenName)}) or vector(0)` },
      runbook: 'KvStoreRolloutStuck',
    }),
    stat({
      title: 'Most versions of a store',
      shows: 'Versions that serve at once, of the store that has most.',
      normal: '1, and 2 during a rollout.',
      otherwise: '"Pods by version".',
      unit: 'none',
      limits: { warn: 2 },
      queries: { versions: `max(${versions(chosen)})` },
      runbook: 'KvStoreVersionsMixed',
    }),
    stat({
      title: 'Server errors',
      shows: 'Part of the API requests of the last 5 minutes that ended with a 5xx.',
      normal: '0 during a rollout.',
      otherwise: 'go back to the former image.',
      unit: 'percentunit',
      limits: objectiveLimits('Availability'),
      noData: 'No requests',
      queries: { errors: badRatioOf('Availability', chosen) },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    stat({
      title: 'Restarts in half an hour',
      shows: 'Most restarts of one container in the last half hour.',
      normal: '0. A new pod is no restart.',
      otherwise: '"Age of the process" names the pod.',
      unit: 'none',
      limits: { warn: defaults.restarts + 1 },
      queries: { restarts: `max(${restarts(`component="service", ${chosen}`)})` },
      runbook: 'KvStoreReplicaRestarting',
    }),
    stat({ ...firingStat, width: 6 }),
  ];
}

function overview() {
  const third = { width: 8, height: 7 };
  return [
    timeseries({
      ...third,
      title: 'Requests by version',
      shows: 'API requests a second.',
      normal: 'one version hands over to the other while the sum stays.',
      otherwise: 'the sum falls: clients lose requests. Go back.',
      unit: 'reqps',
      noData: 'No requests',
      queries: { '{{version}}': `sum by (version) (${requestsByVersion}{${chosen}})` },
    }),
    timeseries({
      ...third,
      title: 'Replicas ready and wanted',
      shows: 'As the operator sees them.',
      normal: 'ready never falls below wanted during a rollout; new ones climb to it.',
      otherwise: 'new ones stay below: see why they are not ready.',
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
      ...third,
      title: 'Server errors by pod',
      // 1,500 pods that all fail are half as costly as with every scrape.
      minStep: 30,
      shows: 'Answers with a 5xx a second.',
      normal: 'no line, or 0, during a rollout.',
      otherwise: 'go back to the former image.',
      unit: 'reqps',
      noData: 'No server errors',
      queries: { '{{pod}}': sumRate('pod', requestCount, `${api}, ${serverErrors}`, window) },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
  ];
}

function clients() {
  return [
    timeseries({
      title: 'Requests by pod',
      shows: 'API requests a second.',
      normal: 'a pod that goes away falls to 0 before it ends.',
      otherwise: 'it ends at full traffic: the proxy does not wait for the drain.',
      unit: 'reqps',
      noData: 'No requests',
      queries: { '{{pod}}': sumRate('pod', requestCount, api, window) },
    }),
    timeseries({
      title: 'p99 of single keys and sets by pod',
      shows: 'Time within which 99 of 100 requests end.',
      normal: 'a new pod is slow for its first seconds, and then like the others.',
      otherwise: 'it stays slow: its node, or its CPU limit.',
      unit: 's',
      noData: 'No requests',
      limits: { bad: Number(latencyBound) },
      queries: { '{{pod}}': `max by (pod) (${podPointP99}{${chosen}})` },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    timeseries({
      title: 'Open connections',
      shows: 'Connections by pod.',
      normal: 'they move from a pod that drains to the others, and are 0 when it ends.',
      otherwise: 'they stay until the end: clients that do not follow Connection: close.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_open_connections{${chosen}}` },
    }),
    timeseries({
      title: 'Requests being served',
      shows: 'Requests in progress by pod.',
      normal: '0 before a pod ends.',
      otherwise: 'above 0 at its end: they were cut. Raise the time to drain.',
      unit: 'short',
      queries: { '{{pod}}': `http_server_active_requests{${chosen}}` },
    }),
  ];
}

function pods() {
  const notReady = `${chosen}, http_route="/readyz", http_response_status_code="503"`;
  return [
    timeseries({
      title: 'Ready and draining',
      shows: 'What each process says of itself.',
      normal: 'ready 1, draining 0; a pod drains before it ends.',
      otherwise: '0 and 0: it syncs, or finds no etcd.',
      unit: 'short',
      queries: {
        'ready {{pod}}': `kvstore_service_ready{${chosen}}`,
        'draining {{pod}}': `kvstore_service_draining{${chosen}}`,
      },
      runbook: 'KvStoreRolloutStuck',
    }),
    timeseries({
      title: 'Not ready',
      shows: 'Readiness probes answered with 503, by pod.',
      normal: 'while it syncs at its start and while it drains.',
      otherwise: 'at other times: its log says what it waits for.',
      unit: 'ops',
      noData: 'All probes succeed',
      queries: { '{{pod}}': sumRate('pod', requestCount, notReady, window) },
      runbook: 'KvStoreRolloutStuck',
    }),
    timeseries({
      title: 'Pods by version',
      shows: 'Service processes that run, by version and Node.',
      normal: 'one line.',
      otherwise: 'two for longer than a rollout: the runbook of KvStoreVersionsMixed.',
      unit: 'short',
      queries: { '{{version}} node {{node}}': `count by (version, node) (kvstore_build_info{${chosen}})` },
      runbook: 'KvStoreVersionsMixed',
    }),
    timeseries({
      title: 'Age of the process',
      shows: 'Seconds since it started.',
      normal: 'a rising line for each pod.',
      otherwise: 'a fall to 0 within one pod is a restart.',
      unit: 's',
      queries: { '{{pod}}': `time() - process_start_time_seconds{component="service", ${chosen}}` },
      runbook: 'KvStoreReplicaRestarting',
    }),
    timeseries({
      title: 'First sync of new pods',
      shows: 'Seconds that full syncs took on average: a pod is not ready before.',
      normal: '10 to 15 s for a million small keys.',
      otherwise: 'more: etcd or the network to it is slow.',
      unit: 's',
      noData: 'No etcd: nothing is synced',
      queries: {
        '{{pod}}': `kvstore_resync_duration_seconds_sum{${chosen}} / (kvstore_resync_duration_seconds_count{${chosen}} > 0)`,
      },
    }),
  ];
}
