/**
 * Spans that cost little while a request is served. At 1% sampling, what only sampled requests run has always left the
 * processor's caches, and the SDK takes ten times as long as when every request is sampled. So a span only notes what
 * happens, and those that have ended are handed over many at a time.
 */
import { type Attributes, type Context, TraceFlags, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import type { Batching } from './batching.ts';
import { RecordedSpan } from './recorded-span.ts';
import { recordOf, type SpanRecord } from './span-record.ts';

export class Recorder {
  readonly #ids = new tracing.RandomIdGenerator();
  readonly #batching: Batching;
  readonly #handOver: (spans: readonly SpanRecord[]) => void;
  #ended: RecordedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(batching: Batching, handOver: (spans: readonly SpanRecord[]) => void) {
    this.#batching = batching;
    this.#handOver = handOver;
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
    const spans = this.#ended;
    this.#ended = [];
    if (spans.length > 0) this.#handOver(spans.map(recordOf));
  }

  #add(span: RecordedSpan): void {
    this.#ended.push(span);
    if (this.#ended.length >= this.#batching.most) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#batching.longest).unref();
  }
}
