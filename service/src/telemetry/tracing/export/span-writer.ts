/** Makes spans of the SDK from records, with the ids and times that they had. */
import { ROOT_CONTEXT, type SpanContext, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { type SpanRecord, spanContextOf } from './span-record.ts';

/** Gives the SDK the ids that a span has had since it began. */
export class GivenIds implements tracing.IdGenerator {
  readonly #random = new tracing.RandomIdGenerator();
  /** Of the next span; undefined: any. */
  next: Pick<SpanContext, 'traceId' | 'spanId'> | undefined;

  generateTraceId(): string {
    return this.next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId();
  }
}

/** `ids`: what the tracer asks for ids. */
export function writeSpan(tracer: Tracer, ids: GivenIds, record: SpanRecord): void {
  const { name, kind, attributes, start, end, failure } = record;
  const links = record.links.map((link) => ({ context: spanContextOf(link) }));
  const parent =
    record.parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(record.parent));
  ids.next = record.ids;
  const span = tracer.startSpan(name, { kind, links, attributes, startTime: start }, parent);
  ids.next = undefined;
  if (failure !== undefined) {
    if (failure.cause !== undefined) span.recordException(failure.cause, end);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
  }
  span.end(end);
}
