import test from 'ava';
import { ExportHealth } from '../../../../src/telemetry/tracing/export/export-health.ts';
import { exportReport } from '../../../support/export-report.ts';

function watched() {
  const clock = { now: 0 };
  const health = new ExportHealth(() => clock.now);
  const { lines, registry, report } = exportReport(health);
  return { clock, health, lines, report, metrics: () => registry.metrics() };
}

test('a collector that takes every other batch gets a pair of lines a minute, and every lost span is counted', async (t) => {
  const { clock, health, lines, report, metrics } = watched();
  report();
  for (let batch = 0; batch < 24; batch++, clock.now += 5000) {
    if (batch % 2 === 0) health.dropped(10, 'HTTP 503');
    else health.sent();
  }
  t.is(lines.filter((line) => line.startsWith('warn')).length, 2, lines.join('\n'));
  t.is(lines.filter((line) => line.startsWith('info')).length, 2);
  t.regex(lines[0] ?? '', /cannot be sent.*"reason":"HTTP 503"/);
  t.regex(lines[3] ?? '', /sent again .*"dropped":60/, 'those in between are counted with the next ones');
  t.regex(await metrics(), /^kvstore_trace_spans_dropped_total 120$/m);
});

test('each text of the SDK is logged once, and what happened before there was a log is logged, too', async (t) => {
  const { health, lines, report, metrics } = watched();
  health.warned('unknown exporter');
  health.dropped(3, 'no exporter');
  t.deepEqual(lines, []);
  report();
  t.is(lines.length, 2);
  for (let i = 0; i < 100; i++) health.warned('unknown exporter');
  t.is(lines.length, 2);
  for (let i = 0; i < 100; i++) health.warned(`partial success: ${i} spans were refused`);
  t.is(lines.length, 21, 'a text that is always another one does not fill the log');
  t.regex(await metrics(), /^kvstore_trace_spans_dropped_total 3$/m);
});
