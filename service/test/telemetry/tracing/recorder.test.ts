import { Problem } from '@kvstore/core/problem.ts';
import { createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import test from 'ava';
import { GivenIds, writeSpan } from '../../../src/telemetry/tracing/export/span-writer.ts';
import { noParent } from '../../../src/telemetry/tracing/recorded-span.ts';
import { Recorder } from '../../../src/telemetry/tracing/recorder.ts';

function record() {
  const exporter = new tracing.InMemorySpanExporter();
  const ids = new GivenIds();
  const spanProcessors = [new tracing.SimpleSpanProcessor(exporter)];
  const tracer = new tracing.BasicTracerProvider({ idGenerator: ids, spanProcessors }).getTracer('test');
  const recorder = new Recorder({ most: 256, longest: 60_000 }, (records) => {
    // As between threads.
    for (const record of structuredClone(records)) writeSpan(tracer, ids, record);
  });
  return { recorder, written: () => exporter.getFinishedSpans() };
}

test('a span is written with the ids it had, and with what became known until it ended', (t) => {
  const { recorder, written } = record();
  const caller = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const traceState = createTraceState('vendor=value');
  const parent = { ids: { ...caller, traceState, isRemote: true }, carried: ROOT_CONTEXT };
  const server = recorder.begin('GET', SpanKind.SERVER, parent, () => ({ described: 'late', both: 'described' }));
  const child = recorder.begin('work', SpanKind.INTERNAL, server);
  child.link(caller);
  child.failBecause(Object.assign(new TypeError('broken'), { code: 'not-to-be-copied', headers: () => {} }));
  child.finish();
  server.rename('GET /get/{key}');
  server.setAttribute('both', 'set');
  server.finish();
  server.setAttribute('both', 'too late');
  server.rename('too late');
  server.finish();
  t.deepEqual(written(), []);
  recorder.flush();

  const [first, second, ...others] = written();
  t.deepEqual(others, []);
  t.is(second?.name, 'GET /get/{key}');
  t.deepEqual(second?.attributes, { described: 'late', both: 'set' });
  t.like(second?.spanContext(), { traceId: caller.traceId, spanId: server.ids.spanId });
  t.is(second?.parentSpanContext?.spanId, caller.spanId);
  t.is(first?.parentSpanContext?.spanId, server.ids.spanId);
  t.like(first?.spanContext(), { traceId: caller.traceId, spanId: child.ids.spanId });
  t.is(first?.spanContext().traceState?.serialize(), 'vendor=value');
  t.is(first?.links[0]?.context.spanId, caller.spanId);
  t.deepEqual(first?.status, { code: SpanStatusCode.ERROR });
  const [exception] = first?.events ?? [];
  t.like(exception?.attributes, { 'exception.type': 'not-to-be-copied', 'exception.message': 'broken' });
  t.regex(String(exception?.attributes?.['exception.stacktrace']), /TypeError: broken\n.*recorder\.test/);
  const milliseconds = ([seconds, nanoseconds]: [number, number]) => seconds * 1000 + nanoseconds / 1e6;
  for (const span of [first, second]) {
    t.true(Math.abs(milliseconds(span?.startTime ?? [0, 0]) - Date.now()) < 60_000);
    t.true(milliseconds(span?.duration ?? [-1, 0]) >= 0);
  }
});

test('spans of no caller are traces of their own, and many that have ended are written at once', (t) => {
  const { recorder, written } = record();
  for (let i = 0; i < 255; i++) recorder.begin('GET', SpanKind.SERVER, noParent).finish();
  t.is(written().length, 0);
  recorder.begin('GET', SpanKind.SERVER, noParent).finish();
  t.is(written().length, 256);
  t.is(new Set(written().map((span) => span.spanContext().traceId)).size, 256);
});

test('of a problem, its code and title are written: its message may name a key', (t) => {
  const { recorder, written } = record();
  const span = recorder.begin('work', SpanKind.INTERNAL, noParent);
  span.failBecause(new Problem('precondition-failed', 'The key "secret" exists already: nothing was written.'));
  span.finish();
  recorder.flush();
  const [exception] = written()[0]?.events ?? [];
  const attributes = { 'exception.type': 'precondition-failed', 'exception.message': 'The precondition does not hold' };
  t.deepEqual(exception?.attributes, attributes);
});
