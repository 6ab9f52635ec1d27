import test from 'ava';
import { Registry } from 'prom-client';
import { openMetricsText } from '../../src/telemetry/open-metrics.ts';
import { RequestDurations } from '../../src/telemetry/request-durations.ts';

const name = 'http_server_request_duration_seconds';
const route = 'http_request_method="GET",http_route="/get/{key}",http_response_status_code="200"';
const example = (id: string) => ({ traceId: `trace-${id}`, spanId: `span-${id}` });

test('each bucket keeps its last sampled request, for OpenMetrics only', async (t) => {
  const registry = new Registry();
  let now = 1_700_000_000_000;
  const durations = new RequestDurations(registry, () => now);
  const observe = (seconds: number, id?: string) => {
    now += 1500;
    durations.observe('GET', '/get/{key}', 200, seconds, id === undefined ? undefined : example(id));
  };
  observe(0.0004, 'a');
  observe(0.0005, 'b');
  observe(0.0003);
  observe(0.02);
  observe(99, 'c');

  const lines = (await openMetricsText(registry)).split('\n');
  const bucket = (le: string) => lines.find((line) => line.startsWith(`${name}_bucket{le="${le}",${route}} `));
  t.is(
    bucket('0.0005'),
    `${name}_bucket{le="0.0005",${route}} 3 # {trace_id="trace-b",span_id="span-b"} 0.0005 1700000003`,
  );
  t.is(bucket('0.025'), `${name}_bucket{le="0.025",${route}} 4`, 'none was sampled');
  t.is(bucket('+Inf'), `${name}_bucket{le="+Inf",${route}} 5 # {trace_id="trace-c",span_id="span-c"} 99 1700000007.5`);
  t.true(lines.includes(`${name}_count{${route}} 5`));
  t.is(lines.filter((line) => line.includes(' # ')).length, 2);

  const plain = await registry.metrics();
  t.true(plain.includes(`${name}_bucket{le="0.0005",${route}} 3\n`));
  t.notRegex(plain, /trace_id| # \{/);
});
