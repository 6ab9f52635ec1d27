/** Loaded only when traces are on: the SDK, and what the service gives it to record. */
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Env, Tracing } from '../tracing.ts';
import { traceCalls } from './calls.ts';
import { traceMetrics } from './metrics.ts';
import { GivenIds, Recorder } from './recorder.ts';
import { traceRequests } from './requests.ts';
import { readSampling } from './sampling.ts';
import { createSpans } from './spans.ts';

/** No instrumentation patches any module: spans are started where the work is. */
export function startSdk(env: Env): Tracing {
  const sampling = readSampling(env);
  const ids = new GivenIds();
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME ?? 'kvstore',
    sampler: sampling.sampler,
    idGenerator: ids,
    instrumentations: [],
    // Traces only: metrics are scraped, and logs go to the standard output.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  const recorder = new Recorder(trace.getTracer('kvstore'), ids);
  const spans = createSpans(recorder);
  return {
    spans,
    interceptors: [traceCalls(recorder, spans)],
    requests: (listeners) => traceRequests({ recorder, spans, sampling }, listeners),
    metrics: (metrics) => traceMetrics(metrics, spans),
    logFields() {
      const span = spans.current()?.ids;
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
    shutdown() {
      recorder.flush();
      return sdk.shutdown();
    },
  };
}
