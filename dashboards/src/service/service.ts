/** Dashboard "KvStore / Service": is the store well, since when, whom does it hurt, and why. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { objectiveLimits } from '../alerts/burn-rate.ts';
import { badRatioOf, budgetLeft, latencyBound, storeBuckets } from '../alerts/recording.ts';
import { defaults } from '../alerts/thresholds.ts';
import { frame } from '../dashboard.ts';
import { coresOf, requestCount, sumRate } from '../expressions.ts';
import { readyOrNot } from '../limits.ts';
import { stat, timeseries } from '../panels.ts';
import { apiRoutes, chosen, chosenPod, pointRoutes, serverErrors, servicePod, window } from '../selectors.ts';
import { alertTable, firingStat } from '../tables.ts';
import { etcdRows } from './etcd.ts';
import { leasePanels } from './leases.ts';
import { clientPanels, readPanels } from './requests.ts';
import { processPanels } from './runtime.ts';
import { contentPanels, writePanels } from './store.ts';

const api = `${chosenPod}, ${apiRoutes}`;

export function serviceDashboard(runbooks: string): DashboardBuilder {
  return frame({
    uid: 'kvstore-service',
    title: 'KvStore / Service',
    description: 'Whether a store is well, since when, whom it hurts, and why.',
    runbooks,
    namespaces: 'label_values(kvstore_build_info, namespace)',
    kvstores: 'label_values(kvstore_build_info{namespace=~"$namespace"}, kvstore)',
    pods: 'label_values(kvstore_build_info{namespace=~"$namespace", kvstore=~"$kvstore"}, pod)',
    first: [...glance(), ...overview(), alertTable(5)],
    rows: {
      'What do clients get?': clientPanels(),
      'Why are reads slow?': readPanels(),
      'Why are writes slow?': writePanels(),
      ...etcdRows(),
      'Do replicas wait for each other?': leasePanels(),
      'What is in the store?': contentPanels(),
      'How are the processes?': processPanels(),
    },
  });
}

function glance() {
  const { availabilityBudget, shedRatio } = defaults;
  const shed = `sum(rate(kvstore_http_problems_total{code="overloaded", ${chosenPod}}[${window}]))`;
  const served = `sum(rate(${requestCount}{${api}}[${window}]))`;
  return [
    stat({
      title: 'Ready',
      shows: 'Part of the replicas that say that they are ready.',
      normal: 'Ready.',
      otherwise: 'the dashboard Rollout says which pod is not.',
      unit: 'percentunit',
      limits: { bad: 0.001, good: 1 },
      mappings: readyOrNot,
      noData: 'No replica is scraped',
      queries: { ready: `(sum(kvstore_service_ready{${chosenPod}}) or vector(0)) / count(up{${servicePod}})` },
      runbook: 'KvStoreDown',
    }),
    stat({ ...firingStat, otherwise: 'the table below names them, with the time since when.' }),
    stat({
      title: 'Server errors',
      shows:
        'Part of the API requests of the last 5 minutes that ended with a 5xx, those refused by admission included.',
      normal: `below ${availabilityBudget * 100}%, the objective over 30 days.`,
      otherwise: '"Problems by code" says why.',
      unit: 'percentunit',
      limits: objectiveLimits('Availability'),
      noData: 'No requests',
      queries: { errors: badRatioOf('Availability', chosen) },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    stat({
      title: 'p99 of one key',
      shows: 'Time within which 99 of 100 requests for single keys and sets end.',
      normal: `below ${latencyBound} s, the objective.`,
      otherwise: 'the row "Why are reads slow?" or "Why are writes slow?".',
      unit: 's',
      limits: { bad: Number(latencyBound) },
      noData: 'No requests',
      queries: {
        p99: `histogram_quantile(0.99, sum by (le) (${storeBuckets}{${chosen}, ${pointRoutes}}))`,
      },
      runbook: 'KvStoreLatencyBurnFast',
    }),
    stat({
      title: 'Requests',
      shows: 'API requests a second. Probes, scrapes and unknown paths are left out.',
      normal: 'what it was at the same time yesterday.',
      otherwise: 'a fall to 0 is a fault in front of the store.',
      unit: 'reqps',
      noData: 'No requests',
      queries: { requests: served },
    }),
    stat({
      title: 'Refused by admission',
      shows: 'Part of the requests that got 503 "overloaded", because they would have waited for too long.',
      normal: '0.',
      otherwise: '"Busiest replica", and "Requests by route" for who asks for much.',
      unit: 'percentunit',
      limits: { bad: shedRatio },
      noData: 'No requests',
      queries: { refused: `${shed} / (${served} + ${shed} > 0)` },
      runbook: 'KvStoreSheddingLoad',
    }),
    stat({
      title: 'Busiest replica',
      shows:
        'Of the replica that uses most: processor time as a part of what it can use, one core or its CPU limit below that.',
      normal: 'below 80%.',
      otherwise: 'raise a limit below one core, else add replicas, before requests are refused.',
      unit: 'percentunit',
      limits: { warn: 0.8 },
      queries: { cpu: `max(rate(process_cpu_seconds_total{${servicePod}}[${window}]) / ${coresOf(servicePod)})` },
    }),
    stat({
      title: 'Budget left',
      shows: 'What is left of the errors that 30 days may have. It begins when the recording rules are installed.',
      normal: 'above 0%.',
      otherwise: 'the objective is missed: changes wait.',
      unit: 'percentunit',
      limits: { bad: 0, good: 0.25 },
      noData: 'No requests in 30 days',
      queries: { left: `min(${budgetLeft('Availability')}{${chosen}})` },
      runbook: 'KvStoreAvailabilityBurnSlow',
    }),
  ];
}

function recordedQuantile(q: number): string {
  return `histogram_quantile(${q}, sum by (http_route, le) (${storeBuckets}{${chosen}}))`;
}

function overview() {
  const third = { width: 8, height: 7 };
  return [
    timeseries({
      ...third,
      title: 'Requests by route',
      shows: 'API requests a second.',
      normal: 'the same shape each day.',
      otherwise: 'a route that has grown: ask its callers.',
      unit: 'reqps',
      noData: 'No requests',
      queries: {
        '{{http_request_method}} {{http_route}}': sumRate('http_request_method, http_route', requestCount, api, window),
      },
    }),
    timeseries({
      ...third,
      title: 'Server errors by route',
      shows: 'Answers with a 5xx a second; without a route: refused by admission. Client errors are in a row below.',
      normal: 'no line, or 0.',
      otherwise: '"Problems by code" says why.',
      unit: 'reqps',
      noData: 'No server errors',
      queries: {
        '{{http_response_status_code}} {{http_route}}': sumRate(
          'http_response_status_code, http_route',
          requestCount,
          `${chosenPod}, ${serverErrors}`,
          window,
        ),
      },
      runbook: 'KvStoreAvailabilityBurnFast',
    }),
    timeseries({
      ...third,
      title: 'Latency by route',
      // Its recording rule is evaluated once a minute by default.
      minStep: 60,
      shows: 'The p50 and p99 of the whole store; by pod, and with traces, in the row below.',
      normal: `below ${latencyBound} s for single keys and sets. GET / and searches grow with their answers.`,
      otherwise: 'the row "Why are reads slow?" or "Why are writes slow?".',
      unit: 's',
      noData: 'No requests',
      limits: { bad: Number(latencyBound) },
      queries: { 'p50 {{http_route}}': recordedQuantile(0.5), 'p99 {{http_route}}': recordedQuantile(0.99) },
      runbook: 'KvStoreLatencyBurnFast',
    }),
  ];
}
