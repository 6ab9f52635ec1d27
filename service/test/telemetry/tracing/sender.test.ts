import test from 'ava';
import { Sender } from '../../../src/telemetry/tracing/sender.ts';
import type { SpanRecord } from '../../../src/telemetry/tracing/span-record.ts';
import { receiveTraces } from '../../support/trace-receiver.ts';

function records(count: number): SpanRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const ids = { traceId: (i + 1).toString(16).padStart(32, '0'), spanId: 'b7ad6b7169203331', traceFlags: 1 };
    const now = Date.now();
    return {
      ...{ name: 'GET', kind: 1, parent: undefined, ids, links: [], attributes: {}, start: now, end: now + 1 },
      failure: undefined,
    };
  });
}

test('what was handed over is sent before it is closed; what is too much for the thread is dropped', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const sender = new Sender({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_MAX_QUEUE_SIZE: '20000' });
  // The thread reads nothing before this has been done.
  for (let i = 0; i < 3; i++) sender.send(records(4000));
  await sender.close();
  t.is(spans.length, 8000);
});

test('when the thread dies, spans go nowhere and nobody is harmed', async (t) => {
  const sender = new Sender({ OTEL_TRACES_SAMPLER: 'none of them' });
  sender.send(records(1));
  await t.notThrowsAsync(sender.close());
  sender.send(records(1));
  await t.notThrowsAsync(sender.close());
});
