/** Loaded only when traces are on: the SDK, and what the service gives it to record. */
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Env, Tracing } from '../tracing.ts';
import { traceCalls } from './calls.ts';
import { traceMetrics } from './metrics.ts';
import { traceRequests } from './requests.ts';
import { readSampling } from './sampling.ts';
import { createSpans } from './spans.ts';

/** No instrumentation patches any module: spans are started where the work is. */
export function startSdk(env: Env): Tracing {
  const sampling = readSampling(env);
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME ?? 'kvstore',
    sampler: sampling.sampler,
    instrumentations: [],
    // Traces only: metrics are scraped, and logs go to the standard output.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  const tracer = trace.getTracer('kvstore');
  const spans = createSpans(tracer);
  return {
    spans,
    interceptors: [traceCalls(tracer, spans)],
    requests: (listeners) => traceRequests(tracer, sampling, listeners),
    metrics: (metrics) => traceMetrics(metrics, spans),
    logFields() {
      const span = spans.current()?.spanContext();
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
    shutdown: () => sdk.shutdown(),
  };
}
