/** Metrics of HTTP requests, by OpenTelemetry's names. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type ProblemCode, problems } from '../errors.ts';

export interface HttpMetrics {
  /** A request is being served from now on. */
  started(): void;
  /** It is served by another way, which counts it itself. */
  left(): void;
  /** It has ended; `route` is the template that matched, empty for none. */
  ended(method: string | undefined, route: string, status: number, seconds: number, example?: Example): void;
  /** An answer is a problem, to a request or to what never became one. */
  problem(code: ProblemCode): void;
}

/** The trace of one of the requests in a bucket, which Prometheus keeps as an exemplar. */
export interface Example {
  readonly traceId: string;
  readonly spanId: string;
}

/** OpenTelemetry's list; anything else counts as `_OTHER`, so that no client can add a series. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE']);

/** The method as metrics and traces name it. */
export function knownMethod(method: string | undefined): string {
  return method !== undefined && methods.has(method) ? method : '_OTHER';
}

/** `exemplars`: sampled requests say which trace they belong to. */
export function httpMetrics(registry: Registry, exemplars = false): HttpMetrics {
  // prom-client's types take an exemplar's labels for the metric's own.
  const duration = new Histogram<string>({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of HTTP server requests.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    // Apart, since prom-client lets no metric with exemplars into a registry of plain text; open-metrics.ts shows them.
    registers: [],
    enableExemplars: exemplars,
  });
  registry.registerMetric(duration);
  const active = new Gauge({
    name: 'http_server_active_requests',
    help: 'HTTP requests being served.',
    registers: [registry],
  });
  const answered = new Counter({
    name: 'kvstore_http_problems_total',
    help: 'Answers that were problems, by their code (docs/api.md).',
    labelNames: ['code'],
    registers: [registry],
  });
  for (const code of Object.keys(problems)) answered.inc({ code }, 0);
  return {
    problem: (code) => answered.inc({ code }),
    started: () => active.inc(),
    left: () => active.dec(),
    ended(method, route, status, seconds, example) {
      active.dec();
      const labels = {
        http_request_method: knownMethod(method),
        http_route: route,
        http_response_status_code: String(status),
      };
      // A histogram with exemplars is observed in another way.
      if (!exemplars) return duration.observe(labels, seconds);
      const exemplarLabels = example === undefined ? {} : { trace_id: example.traceId, span_id: example.spanId };
      duration.observe({ labels, value: seconds, exemplarLabels });
    },
  };
}
