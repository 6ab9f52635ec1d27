/**
 * What is computed once and read often, or over more than an hour: rates of good and bad requests by KvStore, and what
 * is left of the error budgets. Names follow prometheus.io/docs/practices/rules: level:metric:operations.
 */
import { by, quantile, rate, requestBuckets, requestCount, sumRate } from '../expressions.ts';
import { apiRoutes, pointRoutes, serverErrors, shedRoute } from '../selectors.ts';
import type { Numbers } from './thresholds.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** The bound of the histogram that a request for a single key is measured by. */
export const latencyBound = '0.1';
export const windows = ['30m', '1h', '6h', '3d'] as const;
export type Window = '5m' | (typeof windows)[number];

/** Objectives, by what is counted as bad of what. */
export const objectives = {
  Availability: { bad: 'requests_failed', all: 'requests', budget: 'availabilityBudget' },
  Latency: { bad: 'point_requests_slow', all: 'point_requests', budget: 'latencyBudget' },
} as const;
export type Objective = keyof typeof objectives;

/** Requests a second. */
export const allRate = (objective: Objective) => `kvstore:${objectives[objective].all}:rate5m`;
/** Bad requests a second. */
export const badRate = (objective: Objective, window: Window) => `kvstore:${objectives[objective].bad}:rate${window}`;
/** Bad requests as a part of all. */
export const badRatio = (objective: Objective, window: Window) =>
  `kvstore:${objectives[objective].bad}:ratio_rate${window}`;
/** The same of all stores that the selector picks, together. */
export const badRatioOf = (objective: Objective, selector: string) =>
  `sum(${badRate(objective, '5m')}{${selector}}) / (sum(${allRate(objective)}{${selector}}) > 0)`;

const recent = (metric: string, selector: string) => rate(metric, selector, '5m');
const total = (...rates: string[]) => `sum by (${by}) (${rates.join(' or ')})`;
/** Refused before a route was known: a 5xx that no route has. */
const shed = recent(requestCount, `${shedRoute}, ${serverErrors}`);

const rates: readonly RecordingRule[] = [
  { record: allRate('Availability'), expr: total(recent(requestCount, apiRoutes), shed) },
  {
    // 0, not nothing, where no request has failed yet.
    record: badRate('Availability', '5m'),
    expr: `${total(recent(requestCount, `${apiRoutes}, ${serverErrors}`), shed)} or 0 * ${allRate('Availability')}`,
  },
  { record: allRate('Latency'), expr: total(recent(requestCount, pointRoutes)) },
  {
    record: badRate('Latency', '5m'),
    expr: `${allRate('Latency')} - ${total(recent(requestBuckets, `${pointRoutes}, le="${latencyBound}"`))}`,
  },
];

/** A sixth of the series that the histogram has by pod, method and status: graphs of hundreds of stores read these. */
export const storeBuckets = 'kvstore:request_duration_bucket:rate5m';
const buckets: readonly RecordingRule[] = [
  { record: storeBuckets, expr: sumRate(`${by}, http_route, le`, requestBuckets, apiRoutes, '5m') },
];

/** Two minutes: long enough for four scrapes, short enough to see one version hand over to the other. */
export const requestsByVersion = 'kvstore:requests_by_version:rate2m';
const versions: readonly RecordingRule[] = [
  {
    record: requestsByVersion,
    expr:
      `sum by (${by}, version) (${sumRate(`${by}, pod`, requestCount, apiRoutes, '2m')}` +
      ` * on (${by}, pod) group_left (version) max by (${by}, pod, version) (kvstore_build_info))`,
  },
];

/** Of single keys and sets, by pod. A graph of it from the buckets of 1,500 pods takes ten seconds. */
export const podPointP99 = 'kvstore_pod:point_request_duration:p99_rate2m';
const pods: readonly RecordingRule[] = [
  { record: podPointP99, expr: quantile(0.99, `${by}, pod`, requestBuckets, pointRoutes, '2m') },
];

function ratios(objective: Objective): RecordingRule[] {
  const bad = badRate(objective, '5m');
  const all = allRate(objective);
  const average = (record: string, window: Window) => `avg_over_time(${record}[${window}])`;
  return [
    { record: badRatio(objective, '5m'), expr: `${bad} / (${all} > 0)` },
    ...windows.flatMap((window) => [
      { record: badRate(objective, window), expr: average(bad, window) },
      { record: badRatio(objective, window), expr: `${badRate(objective, window)} / (${average(all, window)} > 0)` },
    ]),
  ];
}

export const objectiveRecords: readonly RecordingRule[] = [
  ...rates,
  ...buckets,
  ...versions,
  ...pods,
  ...ratios('Availability'),
  ...ratios('Latency'),
];

/** 1: nothing of the 30 days' budget is used. Below 0: the objective is missed. */
export const budgetLeft = (objective: Objective) => `kvstore:${objectives[objective].bad}:budget_left30d`;

export function budgetRecords(numbers: Numbers): RecordingRule[] {
  return (['Availability', 'Latency'] as const).map((objective) => {
    const sum = (record: string) => `sum_over_time(${record}[30d])`;
    const used = `${sum(badRate(objective, '5m'))} / (${sum(allRate(objective))} > 0)`;
    return { record: budgetLeft(objective), expr: `1 - ${used} / ${numbers[objectives[objective].budget]}` };
  });
}
