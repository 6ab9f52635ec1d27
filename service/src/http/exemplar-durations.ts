/** The histogram of requests' durations when there are traces: sampled requests say which trace they belong to. */
import { Histogram, type Registry } from 'prom-client';
import { bounds, type Durations, help, labelNames, name } from './request-durations.ts';

export function exemplarDurations(registry: Registry): Durations {
  // prom-client's types take an exemplar's labels for the metric's own.
  const duration = new Histogram<string>({
    ...{ name, help, labelNames, buckets: [...bounds], enableExemplars: true },
    // Apart, since prom-client lets no metric with exemplars into a registry of plain text; open-metrics.ts shows them.
    registers: [],
  });
  registry.registerMetric(duration);
  return {
    observe(method, route, status, seconds, example) {
      const labels = { http_request_method: method, http_route: route, http_response_status_code: String(status) };
      const exemplarLabels = example === undefined ? {} : { trace_id: example.traceId, span_id: example.spanId };
      duration.observe({ labels, value: seconds, exemplarLabels });
    },
  };
}
