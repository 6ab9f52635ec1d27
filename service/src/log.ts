/** Logs: JSON, a line each, with the ids of the trace they belong to; readable on a terminal. Never bodies or values. */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export interface LogOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  readonly terminal: boolean;
}

export function createLog({ level, format, terminal }: LogOptions): Logger {
  const options = { level, mixin: traceIds };
  if (format === 'pretty' || (format === 'auto' && terminal)) return pino(options, pretty({ sync: true }));
  return pino(options);
}

function traceIds(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span !== undefined && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {};
}
