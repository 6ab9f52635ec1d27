/** Metrics of HTTP requests, by OpenTelemetry's names. */
import { Gauge, type Registry } from 'prom-client';
import { RequestDurations } from './request-durations.ts';

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
  return {
    started() {
      serving++;
    },
    left() {
      serving--;
    },
    ended(method, route, status, seconds) {
      serving--;
      const known = method !== undefined && methods.has(method) ? method : '_OTHER';
      durations.observe(known, route, status, seconds);
    },
  };
}
