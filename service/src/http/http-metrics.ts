/** Metrics of HTTP requests, by OpenTelemetry's names. */
import { Gauge, Histogram, type Registry } from 'prom-client';

export interface HttpMetrics {
  /** A request is being served from now on. */
  started(): void;
  /** It is served by another way, which counts it itself. */
  left(): void;
  /** It has ended; `route` is the template that matched, empty for none. */
  ended(method: string | undefined, route: string, status: number, seconds: number): void;
}

/** OpenTelemetry's list; anything else counts as `_OTHER`, so that no client can add a series. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE']);

export function httpMetrics(registry: Registry): HttpMetrics {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of HTTP server requests.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const active = new Gauge({
    name: 'http_server_active_requests',
    help: 'HTTP requests being served.',
    registers: [registry],
  });
  return {
    started: () => active.inc(),
    left: () => active.dec(),
    ended(method, route, status, seconds) {
      active.dec();
      const known = method !== undefined && methods.has(method) ? method : '_OTHER';
      duration.labels(known, route, String(status)).observe(seconds);
    },
  };
}
