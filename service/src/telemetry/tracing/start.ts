/** Loaded only when traces are on: the SDK, and what the service gives it to record. */
import { NodeSDK } from '@opentelemetry/sdk-node';
import { traceCalls } from './calls.ts';
import { readBatching } from './export/batching.ts';
import { ExportHealth } from './export/export-health.ts';
import { Sender } from './export/sender.ts';
import { Recorder } from './recorder.ts';
import { traceRequests } from './requests.ts';
import { readSampling } from './sampling.ts';
import { createSpans } from './spans.ts';
import type { Env, Tracing } from './tracing.ts';

/** No instrumentation patches any module: spans are started where the work is. */
export function startSdk(env: Env): Tracing {
  const sampling = readSampling(env);
  // Here only for the propagators that OTEL_PROPAGATORS names; spans are sent from another thread.
  new NodeSDK({ spanProcessors: [], instrumentations: [], metricReaders: [], logRecordProcessors: [] }).start();
  const health = new ExportHealth();
  const sender = new Sender(env, health);
  const recorder = new Recorder(readBatching(env), (records) => sender.send(records));
  const spans = createSpans(recorder);
  return {
    spans,
    interceptors: [traceCalls(recorder, spans)],
    requests: (trusts, listener) => traceRequests({ recorder, spans, sampling, trusts }, listener),
    logFields() {
      const span = spans.current()?.ids;
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
    report: (parts) => health.report(parts),
    shutdown() {
      recorder.flush();
      return sender.close();
    },
  };
}
