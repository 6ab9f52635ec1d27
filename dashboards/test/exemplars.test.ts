/** With traces on, a real Prometheus reads the service's OpenMetrics, and knows the trace of a slow request. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { Prometheus } from './support/prometheus.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';

test('a sampled request is an exemplar of its bucket; everything else is scraped as without traces', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kvstore-exemplars-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  // Traces are made, and sent nowhere.
  const settings = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
  };
  const service = await ServiceProcess.start({ endpoints: [], dataDir, settings });
  t.teardown(() => service.kill());
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' });
  await fetch(`${service.url}/get/a`, { headers });

  const prometheus = await Prometheus.start(
    {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'service', static_configs: [{ targets: [`127.0.0.1:${service.port}`] }] }],
    },
    ['--enable-feature=exemplar-storage'],
  );
  t.teardown(() => prometheus.stop());
  const buckets = 'http_server_request_duration_seconds_bucket{http_route="/get/{key}"}';
  const found = await waitFor('exemplars', async () => {
    const now = Date.now() / 1000;
    const exemplars = await prometheus.exemplars(buckets, now - 600, now + 60);
    return exemplars.length > 0 && exemplars;
  });
  t.deepEqual(
    [...new Set(found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id)))],
    [traceId],
  );

  // A counter keeps its name, whatever the format calls its family.
  for (const query of [
    'kvstore_commit_requests_total',
    'process_cpu_seconds_total',
    'kvstore_keys',
    `${buckets} > 0`,
  ]) {
    t.true((await prometheus.query(query)).length > 0, query);
  }
  const [up] = await prometheus.query('up');
  t.is(up?.value[1], '1');
});
