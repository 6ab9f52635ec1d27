import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import test from 'ava';
import { listen } from '../../../../../test-support/network/listen.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { ExportHealth } from '../../../../src/telemetry/tracing/export/export-health.ts';
import { Sender } from '../../../../src/telemetry/tracing/export/sender.ts';
import type { SpanRecord } from '../../../../src/telemetry/tracing/export/span-record.ts';
import { exportReport } from '../../../support/export-report.ts';
import { receiveTraces } from '../../../support/trace-receiver.ts';

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
  const sender = new Sender({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_MAX_QUEUE_SIZE: '20000' }, new ExportHealth());
  // The thread reads nothing before this has been done.
  for (let i = 0; i < 3; i++) sender.send(records(4000));
  await sender.close(60_000);
  t.is(spans.length, 8000);
});

test('when the thread dies, spans are dropped without an error', async (t) => {
  const sender = new Sender({}, new ExportHealth());
  // Not a span: the thread cannot read it.
  sender.send([{} as SpanRecord]);
  await t.notThrowsAsync(sender.close());
  sender.send(records(1));
  await t.notThrowsAsync(sender.close());
});

/** A sender whose state is looked at as a log and as a metric. */
function watched(env: Readonly<Record<string, string>>) {
  const health = new ExportHealth();
  const { lines, registry, report } = exportReport(health);
  const sender = new Sender(env, health);
  report();
  const dropped = async () => {
    const { values } = (await registry.getSingleMetric('kvstore_trace_spans_dropped_total')?.get()) ?? { values: [] };
    return values[0]?.value ?? 0;
  };
  return { sender, lines, dropped };
}

test('a collector that refuses, then is gone, then comes back: a line each time, and the spans are counted', async (t) => {
  let status = 500;
  const server = createServer((request, response) =>
    request.resume().on('end', () => response.writeHead(status).end()),
  );
  const port = await listen(server);
  t.teardown(() => server.close());
  const { sender, lines, dropped } = watched({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });
  sender.send(records(3));
  await waitFor('the drop', async () => (await dropped()) === 3);
  sender.send(records(4));
  await waitFor('the second drop', async () => (await dropped()) === 7);
  status = 200;
  sender.send(records(1));
  await waitFor('the recovery', () => lines.length === 2);
  t.regex(lines[0] ?? '', /^warn traces cannot be sent, spans are dropped/);
  t.regex(lines[1] ?? '', /^info traces are sent again .*"dropped":7/);
  await sender.close();
  t.is(lines.length, 2);
});

const wrongEndpoints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no scheme': { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:1' },
  unreachable: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  'an unknown exporter': { OTEL_TRACES_EXPORTER: 'jaeger' },
  'an unknown protocol': {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier-pigeon',
  },
};
for (const [title, env] of Object.entries(wrongEndpoints)) {
  test(`${title}: said, and counted`, async (t) => {
    const { sender, lines, dropped } = watched({ ...env, OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    sender.send(records(2));
    await waitFor('the drop', async () => (await dropped()) === 2);
    t.is(lines.filter((line) => line.startsWith('warn traces cannot be sent')).length, 1, lines.join('\n'));
    await sender.close();
  });
}

test('a collector that hangs: the end of the process does not wait for it', async (t) => {
  const server = createTcpServer();
  const port = await listen(server);
  t.teardown(() => server.close());
  const { sender, lines, dropped } = watched({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  sender.send(records(5));
  await sender.close(100);
  t.is(await dropped(), 5);
  t.regex(lines.join(), /not sent within 100 ms of the end/);
});
