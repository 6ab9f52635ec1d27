/**
 * Error budgets over 30 days, watched by how fast they burn, each over a long window (it is much) and a short one (it
 * still goes on): sre.google/workbook/alerting-on-slos, "multiwindow, multi-burn-rate alerts".
 */
import { ratio, requestBuckets, requestCount, sumRate } from '../expressions.ts';
import { apiRoutes, pointRoutes, serverErrors } from '../selectors.ts';
import type { Alert, Severity } from './alert.ts';

/** 99.9% of the API requests end without a 5xx. */
const availabilityBudget = 0.001;
/** 99% of the requests for single keys and of the sets end within 0.1 s. */
const latencyBudget = 0.01;
const latencyBound = '0.1';

interface Speed {
  readonly name: string;
  readonly long: string;
  readonly short: string;
  /** Times the rate that would use up the budget in exactly 30 days. */
  readonly factor: number;
  readonly for: string;
  readonly severity: Severity;
}

const speeds: readonly Speed[] = [
  { name: 'Fast', long: '1h', short: '5m', factor: 14.4, for: '2m', severity: 'page' },
  { name: 'Medium', long: '6h', short: '30m', factor: 6, for: '15m', severity: 'page' },
  { name: 'Slow', long: '3d', short: '6h', factor: 1, for: '1h', severity: 'ticket' },
];

const by = 'namespace, kvstore';
const where = '{{ $labels.namespace }}/{{ $labels.kvstore }}';

function failed(window: string): string {
  const errors = sumRate(by, requestCount, `${apiRoutes}, ${serverErrors}`, window);
  return ratio(errors, sumRate(by, requestCount, apiRoutes, window));
}

function slow(window: string): string {
  const fast = sumRate(by, requestBuckets, `${pointRoutes}, le="${latencyBound}"`, window);
  return `1 - ${fast} / ${sumRate(by, requestCount, pointRoutes, window)}`;
}

export const burnRateAlerts: readonly Alert[] = speeds.flatMap((speed) => [
  burning('Availability', speed, failed, availabilityBudget, `${where} answers too many requests with a 5xx.`),
  burning('Latency', speed, slow, latencyBudget, `${where} answers too many requests later than ${latencyBound} s.`),
]);

function burning(
  objective: string,
  { name, long, short, factor, for: duration, severity }: Speed,
  badPart: (window: string) => string,
  budget: number,
  summary: string,
): Alert {
  const threshold = Number((factor * budget).toPrecision(6));
  const signals = [badPart(long), badPart(short)];
  const expr = signals.map((signal) => `(${signal}) > ${threshold}`).join(' and ');
  return { name: `KvStore${objective}Burn${name}`, severity, for: duration, expr, signals, summary };
}
