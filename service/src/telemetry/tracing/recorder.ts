/**
 * Spans that cost little while a request is served. At 1% sampling, what only sampled requests run has always left the
 * processor's caches, and the SDK takes ten times as long as when every request is sampled. So a span only notes what
 * happens, and those that have ended are handed over many at a time.
 */
import { type Attributes, TraceFlags } from '@opentelemetry/api';
import type { Batching } from './export/batching.ts';
import { recordOf, type SpanRecord } from './export/span-record.ts';
import { nextSpanId, nextTraceId } from './ids.ts';
import { type Parent, RecordedSpan } from './recorded-span.ts';

export class Recorder {
  readonly #batching: Batching;
  readonly #handOver: (spans: readonly SpanRecord[]) => void;
  #ended: RecordedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(batching: Batching, handOver: (spans: readonly SpanRecord[]) => void) {
    this.#batching = batching;
    this.#handOver = handOver;
  }

  /** `describe` is asked late. */
  begin(name: string, kind: number, parent: Parent, describe?: () => Attributes): RecordedSpan {
    const { traceId, traceState } = parent.ids ?? {};
    const ids = { traceId: traceId ?? nextTraceId(), spanId: nextSpanId(), traceFlags: TraceFlags.SAMPLED };
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
