/** Traces as a collector gets them. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type Service, startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { prometheusAccepts } from '../support/prometheus-accepts.ts';
import { receiveTraces, type Span } from '.././support/trace-receiver.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const headers = { traceparent: `00-${traceId}-${parentId}-01` };

function start(t: ExecutionContext, env: Record<string, string>): Promise<Service> {
  return startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), ...env } });
}

test.serial('a request is a span with its route, the store’s work is its child, probes are none', async (t) => {
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
  const child = spans.find(({ name }) => name === 'store.commit');
  t.is(child?.parentSpanId, servers[0]?.spanId);
  t.is(child?.traceId, traceId);
  t.deepEqual(
    spans.filter(({ parentSpanId }) => parentSpanId === servers[1]?.spanId),
    [],
    'a read of the index takes no time',
  );
  t.false(JSON.stringify(spans).includes('secret-value'));
});

test.serial('every shape of a request leaves the same spans and examples', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
  const ways: [short: [path: string, init?: RequestInit], long: [path: string, init?: RequestInit]][] = [
    [
      ['/set', { method: 'POST', body: '{"a":1}' }],
      ['/set', { method: 'POST', body: '{"a":1}', headers: { 'Content-Encoding': 'identity' } }],
    ],
    [['/get/a'], ['/get/%61']],
    [['/get/b'], ['/get/%62']],
    [['/search?prefix=a'], ['/search?prefix=%61']],
    [
      ['/set', { method: 'POST', body: '{' }],
      ['/set', { method: 'POST', body: '{', headers: { 'If-Match': '"1"' } }],
    ],
  ];
  for (const [path, init] of ways.flat()) await (await fetch(service.url + path, init)).arrayBuffer();
  const accept = 'application/openmetrics-text;version=1.0.0';
  const text = await (await fetch(`${service.url}/metrics`, { headers: { accept } })).text();
  await service.stop('SIGINT');

  const alike = ({ traceId, name, attributes, status }: Span) => {
    const children = spans.filter((child) => child.traceId === traceId && child.kind !== 2).map((child) => child.name);
    return { name, status, children, attributes };
  };
  const servers = spans.filter(({ kind }) => kind === 2);
  t.is(servers.length, 2 * ways.length);
  for (let i = 0; i < servers.length; i += 2) {
    const [short, long] = servers.slice(i, i + 2) as [Span, Span];
    t.deepEqual(alike(short), alike(long));
    t.truthy(short.attributes['http.route']);
    t.is(short.attributes['server.address'], '127.0.0.1');
    t.is(short.attributes['server.port'], Number(new URL(service.url).port));
  }
  t.deepEqual(
    servers.map(({ name }) => name),
    ['POST /set', 'GET /get/{key}', 'GET /get/{key}', 'GET /search', 'POST /set'].flatMap((name) => [name, name]),
  );
  const examples = new Set([...text.matchAll(/trace_id="(\w+)"/g)].map(([, id]) => id));
  const known = new Set(servers.map((server) => server.traceId));
  t.true(examples.size > 0 && examples.isSubsetOf(known));
});

test.serial('a request whose body ends early has the status of its answer', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '50' });
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.end('POST /set HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"a"');
  socket.resume();
  const span = await waitFor('its span', () => spans.find(({ kind }) => kind === 2));
  socket.destroy();
  t.is(span.attributes['http.response.status_code'], 400);
  t.is(span.attributes['error.type'], undefined);
  t.is(span.status, 0);
  await service.stop('SIGINT');
});

test.serial('the sampler of the OTEL_ variables is used', async (t) => {
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

test.serial('a part of the requests that bring no trace is sampled', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
  });
  const requests = 400;
  for (let i = 0; i < requests; i += 40) {
    await Promise.all(Array.from({ length: 40 }, () => fetch(`${service.url}/get/none`)));
  }
  await service.stop('SIGINT');
  // Outside of this once in 10^13 runs.
  t.true(spans.length > 0.3 * requests && spans.length < 0.7 * requests, `${spans.length} of ${requests}`);
  t.is(new Set(spans.map((span) => span.traceId)).size, spans.length);
});

test.serial('the log of a failed request has the ids of its trace', async (t) => {
  const { url, spans } = await receiveTraces(t);
  // A dump that were ready by the second request would be no stream.
  const streamed = { KV_MAX_STREAMS: '1', KV_MAX_BODY: '16MiB', KV_DUMP_CACHE: '0' };
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...streamed });
  // More than the system keeps for a client that does not read: the first dump holds the only place.
  for (const part of ['a', 'b', 'c']) {
    const pairs = Array.from({ length: 15 }, (_, i) => [part + i, 'x'.repeat(1_000_000)]);
    const body = JSON.stringify(Object.fromEntries(pairs));
    t.is((await fetch(`${service.url}/set`, { method: 'POST', body })).status, 200);
  }
  const held = await fetch(service.url);
  t.is((await fetch(service.url, { headers })).status, 503);
  const line = await waitFor('the line', () => service.log.find(({ msg }) => msg === 'request failed'));
  t.is(line?.trace_id, traceId);
  const said = { 'http.request.method': 'GET', 'http.route': '/', 'http.response.status_code': 503 };
  t.like(line, { ...said, 'error.type': 'overloaded' });
  t.is(typeof line?.['http.server.request.duration'], 'number');
  t.false(JSON.stringify(service.log).includes('xxxx'), 'no values');
  await held.body?.cancel();
  await service.stop('SIGINT');
  const span = spans.find(({ parentSpanId }) => parentSpanId === parentId);
  t.is(span?.spanId, line?.span_id as string);
  t.is(span?.status, 2, 'an error');
});

test.serial(
  'requests that share a commit are linked with it, and it with them; those that are not sampled leave nothing',
  async (t) => {
    const { url, spans } = await receiveTraces(t);
    const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const callers = Array.from({ length: 20 }, () => randomUUID().replaceAll('-', ''));
    await Promise.all(
      callers.map((id, i) => {
        const traceparent = `00-${id}-${parentId}-0${i % 2}`;
        return fetch(`${service.url}/set`, { method: 'POST', body: `{"key-${i}":1}`, headers: { traceparent } });
      }),
    );
    await service.stop('SIGINT');
    const sampled = callers.filter((_, i) => i % 2 === 1).sort();
    t.deepEqual([...new Set(spans.map((span) => span.traceId))].sort(), sampled);
    const commits = spans.filter(({ name }) => name === 'store.commit');
    const served = commits.flatMap(({ links }) => links);
    t.deepEqual(served.map((link) => link.traceId).sort(), sampled);
    t.true(commits.length < sampled.length, 'some share');
    const requests = commits.map(({ attributes }) => Number(attributes['kvstore.requests']));
    t.true(Math.max(...requests) > Math.max(...commits.map(({ links }) => links.length)), 'the others count');
    for (const { traceId: id, spanId } of served) {
      const set = spans.find((span) => span.spanId === spanId);
      t.is(set?.name, 'POST /set');
      const commit = commits.find(({ links }) => links.some((link) => link.traceId === id));
      const linked = set?.links.some((link) => link.spanId === commit?.spanId);
      t.true(linked || commit?.parentSpanId === spanId, 'the request has a link to its commit');
    }
  },
);

test.serial('a watch is a span until it has begun; its later changes belong to no request', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '50' });
  const watch = await fetch(`${service.url}/watch`, { headers });
  t.is(watch.status, 200);
  const span = await waitFor('its span', () => spans.find(({ name }) => name === 'GET /watch'));
  t.is(span.parentSpanId, parentId);
  t.is(span.attributes['http.response.status_code'], 200);
  t.is(span.status, 0);
  const before = spans.length;
  await fetch(`${service.url}/set`, {
    method: 'POST',
    body: '{"a":1}',
    headers: { traceparent: `00-${'1'.repeat(32)}-${parentId}-00` },
  });
  const reader = watch.body?.pipeThrough(new TextDecoderStream()).getReader();
  let told = '';
  while (!told.includes('"key":"a"')) told += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  await service.stop('SIGINT');
  t.is(spans.length, before);
});

test.serial(
  'a sampled request is an exemplar for scrapers that ask for OpenMetrics; a plain scrape stays as it is',
  async (t) => {
    const { url } = await receiveTraces(t);
    const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}', headers });
    await fetch(`${service.url}/get/a`);
    await fetch(`${service.url}/get/a`, { headers });
    const scrape = async (accept?: string) => {
      const answer = await fetch(`${service.url}/metrics`, { headers: accept === undefined ? {} : { accept } });
      t.is(answer.headers.get('vary'), 'Accept, Accept-Encoding');
      return { type: answer.headers.get('content-type') ?? '', text: await answer.text() };
    };
    for (const [name, accept] of Object.entries(prometheusAccepts)) {
      t.regex((await scrape(accept)).type, /^application\/openmetrics-text; version=1\.0\.0/, name);
    }
    const open = await scrape(prometheusAccepts['Prometheus 3']);
    t.true(open.text.endsWith('# EOF\n'));
    const series = (route: string) =>
      `http_server_request_duration_seconds_bucket\\{le="[^"]+",http_request_method="\\w+",http_route="${route}",http_response_status_code="200"\\}`;
    for (const route of ['/set', '/get/\\{key\\}']) {
      t.regex(
        open.text,
        new RegExp(`^${series(route)} (?:1|2) # \\{trace_id="${traceId}",span_id="\\w{16}"\\} [\\d.e-]+ [\\d.]+$`, 'm'),
      );
    }
    t.regex(open.text, /^# TYPE kvstore_commit_requests counter$/m);
    t.regex(open.text, /^kvstore_commit_requests_total 1$/m);
    for (const accept of [undefined, '*/*', 'text/plain']) {
      const plain = await scrape(accept);
      t.regex(plain.type, /^text\/plain; version=0\.0\.4/);
      t.notRegex(plain.text, /trace_id|# EOF/);
      t.regex(plain.text, /^# TYPE kvstore_commit_requests_total counter$/m);
      t.regex(plain.text, /^kvstore_commit_requests_total 1$/m);
    }
  },
);

test.serial('with traces on, a read that is not sampled gets the very answer it would get without', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const off = { OTEL_TRACES_SAMPLER: 'always_off' };
  const service = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...off });
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}', headers });
  const answer = await fetch(`${service.url}/get/a`, { headers });
  t.is(await answer.text(), '1');
  t.regex(answer.headers.get('etag') ?? '', /-1"$/);
  const text = await (await fetch(`${service.url}/metrics`)).text();
  t.regex(
    text,
    /^http_server_request_duration_seconds_count\{http_request_method="GET",http_route="\/get\/\{key\}",http_response_status_code="200"\} 1$/m,
  );
  await service.stop('SIGINT');
  t.deepEqual(spans, []);
});

const off: Record<string, Record<string, string>> = {
  'without the variables': {},
  'with OTEL_SDK_DISABLED': { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  'with the exporter none': { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
};
for (const [what, env] of Object.entries(off)) {
  test.serial(`${what} nothing of the OpenTelemetry SDK is loaded`, async (t) => {
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
    // prom-client loads the API package, which alone does nothing.
    t.notRegex(loaded, /@opentelemetry\/(?!api\/)/);
    t.notRegex(loaded, /service\/src\/tracing\//);
  });
}
