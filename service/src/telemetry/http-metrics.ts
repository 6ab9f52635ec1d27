/** Metrics of HTTP requests, by OpenTelemetry's names. */
import { type ProblemCode, problems } from '@kvstore/core/problem.ts';
import { Counter, Histogram, type Registry } from 'prom-client';
import { observedGauge } from '../observed-gauge.ts';
import { type Example, RequestDurations } from './request-durations.ts';

export interface HttpMetrics {
  /** A request is being served from now on. */
  started(): void;
  /** It is not being served any more until it has started again. */
  paused(): void;
  /** A request waited so many seconds for its turn. */
  waited(seconds: number): void;
  /** The server itself answered with a problem, or ended a connection because of it; `isServed`: to a request that was being served. */
  refused(code: ProblemCode, isServed: boolean): void;
  /** It has ended; `route` is the template that matched, empty for none; `example` its span, when it is sampled. */
  ended(method: string | undefined, route: string, status: number, seconds: number, example?: Example): void;
  /** An answer is a problem, to a request or to what never became one; or a watch ends with it. */
  problem(code: ProblemCode): void;
}

/** OpenTelemetry's list; anything else counts as `_OTHER`, so that no client can add a series. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE']);

/** The method as metrics and traces name it. */
export function knownMethod(method: string | undefined): string {
  return method !== undefined && methods.has(method) ? method : '_OTHER';
}

export function httpMetrics(registry: Registry): HttpMetrics {
  const durations = new RequestDurations(registry);
  let serving = 0;
  observedGauge(registry, 'http_server_active_requests', 'HTTP requests being served.', () => serving);
  const waits = new Histogram({
    name: 'kvstore_admission_wait_seconds',
    help: 'Time that requests waited for their turn, those included that were refused or left; most need not wait.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  const answered = new Counter({
    name: 'kvstore_http_problems_total',
    help: 'Answers, ends of watches and of what was cut off behind other requests that were problems, by their code (docs/api.md).',
    labelNames: ['code'],
    registers: [registry],
  });
  // A series each, found by its code: to look up labels takes a tenth of the time of a key that is not there.
  const series = Object.fromEntries(Object.keys(problems).map((code) => [code, answered.labels(code)])) as Record<
    ProblemCode,
    ReturnType<typeof answered.labels>
  >;
  for (const each of Object.values(series)) each.inc(0);
  const count = (code: ProblemCode) => series[code].inc();
  return {
    problem: count,
    started() {
      serving++;
    },
    paused() {
      serving--;
    },
    waited: (seconds) => waits.observe(seconds),
    refused(code, isServed) {
      count(code);
      // What never became a request has no time of its own.
      if (!isServed) durations.observe('_OTHER', '', problems[code].status, 0);
    },
    ended(method, route, status, seconds, example) {
      serving--;
      durations.observe(knownMethod(method), route, status, seconds, example);
    },
  };
}
