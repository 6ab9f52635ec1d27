/** The spans of a store's work, as the SDK records them. */
import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Spans } from '../store/spans.ts';

export function createSpans(tracer: Tracer): Spans {
  const current = () => {
    const span = trace.getActiveSpan();
    return span?.isRecording() ? span : undefined;
  };
  return {
    current,
    own(name, work) {
      // Without this, what belongs to no sampled request would become a trace of its own.
      if (current() === undefined) return work();
      return tracer.startActiveSpan(name, { kind: SpanKind.INTERNAL }, async (span) => {
        try {
          return await work();
        } catch (error) {
          recordFailure(span, error);
          throw error;
        } finally {
          span.end();
        }
      });
    },
    async shared(name, served, sampled, work) {
      const requests = sampled().filter((span) => span !== undefined);
      const [first] = requests;
      if (first === undefined) return work();
      const links = requests.map((request) => ({ context: request.spanContext() }));
      const attributes = { 'kvstore.requests': served };
      const parent = trace.setSpan(ROOT_CONTEXT, first);
      const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, links, attributes }, parent);
      for (const request of requests.slice(1)) request.addLink({ context: span.spanContext() });
      try {
        return await context.with(trace.setSpan(parent, span), work);
      } catch (error) {
        recordFailure(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

function recordFailure(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
