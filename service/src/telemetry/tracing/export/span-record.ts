/** A span that has ended, as it goes from the thread that serves requests to the one that sends traces. */
import { type Attributes, createTraceState, type SpanContext } from '@opentelemetry/api';
import type { Failure, RecordedSpan } from '../recorded-span.ts';

/** A SpanContext without methods, so that it can be copied. */
export interface PlainContext extends Omit<SpanContext, 'traceState'> {
  readonly traceState?: string;
}

export interface SpanRecord {
  readonly name: string;
  readonly kind: number;
  readonly parent: PlainContext | undefined;
  readonly ids: PlainContext;
  readonly links: readonly PlainContext[];
  readonly attributes: Attributes;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number | undefined;
  readonly failure: Failure | undefined;
}

export function recordOf(span: RecordedSpan): SpanRecord {
  const { name, kind, parent, ids, links, describe, start, end, failure } = span;
  return {
    ...{ name, kind, start, end, failure },
    parent: parent && plain(parent),
    ids: plain(ids),
    links: links.map(plain),
    attributes: { ...describe?.(), ...span.attributes },
  };
}

function plain({ traceState, ...rest }: SpanContext): PlainContext {
  return traceState === undefined ? rest : { ...rest, traceState: traceState.serialize() };
}

export function spanContextOf({ traceState, ...rest }: PlainContext): SpanContext {
  return traceState === undefined ? rest : { ...rest, traceState: createTraceState(traceState) };
}
