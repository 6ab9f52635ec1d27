/** The HTTP metrics, where they meet traces: a sampled request is an example for them, and its span is told the route. */
import { ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { type HttpMetrics, knownMethod } from '../http/http-metrics.ts';
import type { Spans } from '../store/spans.ts';

export function traceMetrics(metrics: HttpMetrics, spans: Spans): HttpMetrics {
  return {
    ...metrics,
    ended(method, route, status, seconds) {
      const span = spans.current();
      metrics.ended(method, route, status, seconds, span?.ids);
      if (span === undefined || route === '') return;
      span.setAttribute(ATTR_HTTP_ROUTE, route);
      span.rename(`${knownMethod(method)} ${route}`);
    },
  };
}
