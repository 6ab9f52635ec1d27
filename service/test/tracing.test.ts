/** Traces as a collector gets them. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { type Service, startService, temporaryFolder } from './support/service-process.ts';
import { receiveTraces } from './support/trace-receiver.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const headers = { traceparent: `00-${traceId}-${parentId}-01` };

function start(t: ExecutionContext, env: Record<string, string>): Promise<Service> {
  return startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), ...env } });
}

test('a request is a span with its route, the store’s work is its child, probes are none', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"secret-key":"secret-value"}', headers });
  await fetch(`${service.url}/get/secret-key`);
  await fetch(`${service.url}/get/none`);
  for (const probe of ['/livez', '/readyz', '/metrics']) await fetch(`${service.url}${probe}`, { headers });
  t.is((await service.stop('SIGINT')).code, 0);

  const servers = spans.filter(({ kind }) => kind === 2);
  t.deepEqual(
    servers.map(({ attributes }) => [
      attributes['http.request.method'] ?? attributes['http.method'],
      attributes['http.route'],
      attributes['http.response.status_code'] ?? attributes['http.status_code'],
    ]),
    [
      ['POST', '/set', 200],
      ['GET', '/get/{key}', 200],
      ['GET', '/get/{key}', 404],
    ],
  );
  t.deepEqual(Object.keys(servers[0]?.attributes ?? {}).includes('http.request.method'), true, 'stable conventions');
  t.is(servers[0]?.service, 'kvstore');
  t.is(servers[0]?.name, 'POST /set');
  t.is(servers[0]?.traceId, traceId);
  t.is(servers[0]?.parentSpanId, parentId);
  const child = spans.find(({ name }) => name === 'store.set');
  t.is(child?.parentSpanId, servers[0]?.spanId);
  t.is(child?.traceId, traceId);
  t.is(spans.find(({ name }) => name === 'store.get')?.parentSpanId, servers[1]?.spanId);
  t.false(JSON.stringify(spans).includes('secret-value'));
});

test('the sampler of the OTEL_ variables is used', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    OTEL_SERVICE_NAME: 'other-name',
  });
  await fetch(`${service.url}/get/none`);
  await fetch(`${service.url}/get/none`, { headers });
  await service.stop('SIGINT');
  t.deepEqual([...new Set(spans.map((span) => [span.traceId, span.service].join()))], [`${traceId},other-name`]);
});

test('the log of a failed request has the ids of its trace', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, KV_MAX_STREAMS: '1', KV_MAX_BODY: '16MiB' });
  const body = JSON.stringify(Object.fromEntries(Array.from({ length: 15 }, (_, i) => [i, 'x'.repeat(1_000_000)])));
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body })).status, 200);
  // Nobody reads it, so it holds the only place.
  const held = await fetch(service.url);
  t.is((await fetch(service.url, { headers })).status, 503);
  const line = await waitFor('the line', () => service.log.find(({ msg }) => msg === 'request failed'));
  t.is(line?.trace_id, traceId);
  t.false(JSON.stringify(service.log).includes('xxxx'), 'no values');
  await held.body?.cancel();
  await service.stop('SIGINT');
  const span = spans.find(({ parentSpanId }) => parentSpanId === parentId);
  t.is(span?.spanId, line?.span_id as string);
  t.is(span?.status, 2, 'an error');
});

const off: Record<string, Record<string, string>> = {
  'without the variables': {},
  'with OTEL_SDK_DISABLED': { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  'with the exporter none': { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
};
for (const [what, env] of Object.entries(off)) {
  test(`${what} nothing of the OpenTelemetry SDK is loaded`, async (t) => {
    const list = `${temporaryFolder(t)}/loaded`;
    // Writes the name of each module that is loaded, of either kind.
    const hook = `import { appendFileSync } from 'node:fs'; import { registerHooks } from 'node:module';
      registerHooks({ load: (url, context, next) => { appendFileSync(${JSON.stringify(list)}, url + '\\n'); return next(url, context); } });`;
    const service = await startService(t, {
      env: { KV_DATA_DIR: temporaryFolder(t), ...env },
      nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(hook)}`],
    });
    await fetch(`${service.url}/get/none`);
    await service.stop('SIGINT');
    const loaded = readFileSync(list, 'utf8');
    t.true(loaded.includes('/koa/'), 'the hook sees what is loaded');
    t.notRegex(loaded, /@opentelemetry\/(sdk|instrumentation|exporter|otlp|resources)/);
  });
}
