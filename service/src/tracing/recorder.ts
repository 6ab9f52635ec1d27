/**
 * Spans that cost little while a request is served. At 1% sampling, what only sampled requests run has always left the
 * processor's caches, and the SDK takes ten times as long as when every request is sampled. So a span only notes what
 * happens, and those that have ended are given to the SDK many at a time.
 */
import {
  type Attributes,
  type Context,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { RecordedSpan } from './recorded-span.ts';

/** Ended spans that are handed over at once; a span takes the SDK some 10 us. */
const batch = 64;
/** Milliseconds after which fewer are. */
const longest = 100;

/** Gives the SDK the ids that a span has had since it began. */
export class GivenIds implements tracing.IdGenerator {
  readonly #random = new tracing.RandomIdGenerator();
  /** Of the next span; undefined: any. */
  next: SpanContext | undefined;

  generateTraceId(): string {
    return this.next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId();
  }
}

export class Recorder {
  readonly #tracer: Tracer;
  readonly #ids: GivenIds;
  readonly #ended: RecordedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `ids`: what the tracer asks for ids. */
  constructor(tracer: Tracer, ids: GivenIds) {
    this.#tracer = tracer;
    this.#ids = ids;
  }

  /** `parent`: a context with the span that it is the child of; without one a trace begins. `describe` is asked late. */
  begin(name: string, kind: number, parent: Context, describe?: () => Attributes): RecordedSpan {
    const { traceId, traceState } = trace.getSpanContext(parent) ?? {};
    const spanId = this.#ids.generateSpanId();
    const ids = { traceId: traceId ?? this.#ids.generateTraceId(), spanId, traceFlags: TraceFlags.SAMPLED };
    return new RecordedSpan(
      { name, kind, parent, describe, ids: traceState === undefined ? ids : { ...ids, traceState } },
      (span) => this.#add(span),
    );
  }

  /** Hands over what has ended. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const span of this.#ended.splice(0)) this.#write(span);
  }

  #add(span: RecordedSpan): void {
    this.#ended.push(span);
    if (this.#ended.length >= batch) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), longest).unref();
  }

  #write({ name, kind, parent, ids, links, attributes, describe, start, end, failure }: RecordedSpan): void {
    this.#ids.next = ids;
    const all = { ...describe?.(), ...attributes };
    const span = this.#tracer.startSpan(name, { kind, links, attributes: all, startTime: start }, parent);
    this.#ids.next = undefined;
    if (failure !== undefined) {
      if (failure.cause !== undefined) span.recordException(failure.cause, end);
      span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    }
    span.end(end);
  }
}
