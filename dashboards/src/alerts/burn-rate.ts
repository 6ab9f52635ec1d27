/**
 * Error budgets over 30 days, watched by how fast they burn, each over a long window (it is much) and a short one (it
 * still goes on): sre.google/workbook/alerting-on-slos, "multiwindow, multi-burn-rate alerts".
 */
import type { Limits } from '../limits.ts';
import { type Alert, type Severity, storeName, value } from './alert.ts';
import { badRate, badRatio, latencyBound, type Objective, objectives, type Window } from './recording.ts';
import { defaults, type Numbers } from './thresholds.ts';

interface Speed {
  readonly name: string;
  readonly long: Exclude<Window, '5m'>;
  readonly short: Window;
  /** Between two samples of the long window that are counted. */
  readonly stepMinutes: number;
  /** Times the rate that would use up the budget in exactly 30 days. */
  readonly factor: number;
  readonly for: string;
  readonly severity: Severity;
  readonly reason: string;
}

const fast: Speed = {
  name: 'Fast',
  long: '1h',
  short: '5m',
  stepMinutes: 1,
  factor: 14.4,
  for: '2m',
  severity: 'page',
  reason: 'Page: the budget of 30 days is gone in two days, and users notice now.',
};

const speeds: readonly Speed[] = [
  fast,
  {
    name: 'Medium',
    long: '6h',
    short: '30m',
    stepMinutes: 1,
    factor: 6,
    for: '15m',
    severity: 'page',
    reason: 'Page: the budget of 30 days is gone in five days.',
  },
  {
    name: 'Slow',
    long: '3d',
    short: '6h',
    stepMinutes: 5,
    factor: 1,
    for: '1h',
    severity: 'ticket',
    reason: 'Ticket: the budget lasts for weeks, and the cause is in days of data, not in the last minutes.',
  },
];

const texts = {
  Availability: {
    summary: `${storeName}: clients get server errors (5xx).`,
    of: 'the API requests',
    bad: 'ended with a 5xx',
    cause: 'Usual causes: etcd without a quorum or with a slow disk, overload, a failing rollout.',
  },
  Latency: {
    summary: `${storeName}: clients wait long for single keys and sets.`,
    of: 'the requests for single keys and of the sets',
    bad: `took longer than ${latencyBound} s`,
    cause: "Usual causes: slow flushes of etcd's disks, a saturated process, a CPU limit that throttles.",
  },
} as const;

/** Of the part of requests that is bad: orange beyond the budget itself, red where the fast burn begins. */
export function objectiveLimits(objective: Objective): Limits {
  const budget = defaults[objectives[objective].budget];
  return { warn: budget, bad: Number((fast.factor * budget).toPrecision(6)) };
}

export function burnRateAlerts(numbers: Numbers): readonly Alert[] {
  return speeds.flatMap((speed) => [burning('Availability', speed, numbers), burning('Latency', speed, numbers)]);
}

function burning(objective: Objective, speed: Speed, numbers: Numbers): Alert {
  const { name, long, short, stepMinutes, factor, for: duration, severity, reason } = speed;
  const { summary, of, bad, cause } = texts[objective];
  const limit = `${factor} * ${numbers[objectives[objective].budget]}`;
  const signals = [badRatio(objective, long), badRatio(objective, short), badRate(objective, '5m')];
  // Counted, not the average times the window: of a young store there are few samples, and one error would weigh as many.
  const counted = `sum_over_time(${badRate(objective, '5m')}[${long}:${stepMinutes}m]) * ${stepMinutes * 60}`;
  const enough = `${counted} > ${numbers.leastBadRequests}`;
  return {
    name: `KvStore${objective}Burn${name}`,
    severity,
    reason,
    for: duration,
    wait: `${factor} times the even rate over ${long} and still over ${short}, so that it ends soon after the cause does.`,
    expr: `${badRatio(objective, long)} > ${limit} and ${badRatio(objective, short)} > ${limit} and ${enough}`,
    signals,
    subject: 'store',
    dashboard: 'kvstore-service',
    summary,
    description: `In the last ${long}, ${value.percent} of ${of} ${bad}. ${cause}`,
  };
}
