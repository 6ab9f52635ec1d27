/** Metrics of HTTP requests, by OpenTelemetry's names. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type ProblemCode, problems } from '../errors.ts';
import { type Example, RequestDurations } from './request-durations.ts';

export interface HttpMetrics {
  /** A request is being served from now on. */
  started(): void;
  /** It is served by another way, which counts it itself. */
  left(): void;
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
  new Gauge({
    name: 'http_server_active_requests',
    help: 'HTTP requests being served.',
    registers: [registry],
    collect() {
      this.set(serving);
    },
  });
  const answered = new Counter({
    name: 'kvstore_http_problems_total',
    help: 'Answers and ends of watches that were problems, by their code (docs/api.md).',
    labelNames: ['code'],
    registers: [registry],
  });
  for (const code of Object.keys(problems)) answered.inc({ code }, 0);
  return {
    problem: (code) => answered.inc({ code }),
    started() {
      serving++;
    },
    left() {
      serving--;
    },
    ended(method, route, status, seconds, example) {
      serving--;
      durations.observe(knownMethod(method), route, status, seconds, example);
    },
  };
}
