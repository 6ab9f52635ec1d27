/** How requests meet traces: whose trace goes on, and what a request that is not sampled has to do with it. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../../../test-support/network/listen.ts';
import { startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { Recorder } from '../../../src/telemetry/tracing/recorder.ts';
import { traceRequests } from '../../../src/telemetry/tracing/requests.ts';
import { readSampling } from '../../../src/telemetry/tracing/sampling.ts';
import { createSpans } from '../../../src/telemetry/tracing/spans.ts';
import { bearer, bothTokens, reader } from '../../support/tokens.ts';
import { receiveTraces } from '../../support/trace-receiver.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

const callers: Record<string, Record<string, string>> = {
  tracecontext: { traceparent: `00-${traceId}-${parentId}-01` },
  b3: { b3: `${traceId}-${parentId}-1` },
  b3multi: { 'X-B3-TraceId': traceId, 'X-B3-SpanId': parentId, 'X-B3-Sampled': '1' },
  jaeger: { 'uber-trace-id': `${traceId}:${parentId}:0:1` },
};

test('the trace of the caller goes on, whichever propagator OTEL_PROPAGATORS names', async (t) => {
  for (const [propagator, headers] of Object.entries(callers)) {
    const { url, spans } = await receiveTraces(t);
    const service = await startService(t, {
      env: {
        KV_DATA_DIR: temporaryFolder(t),
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_PROPAGATORS: propagator,
        OTEL_TRACES_SAMPLER: 'parentbased_always_off',
      },
    });
    await fetch(`${service.url}/get/none`);
    await fetch(`${service.url}/get/none`, { headers });
    await service.stop('SIGINT');
    t.deepEqual(
      spans.map((span) => [span.traceId, span.parentSpanId]),
      [[traceId, parentId]],
      propagator,
    );
  }
});

test('a sampled request leaves nothing on the objects of node:http: two kinds of them slow down all requests', async (t) => {
  const recorder = new Recorder({ most: 512, longest: 60_000 }, () => {});
  const spans = createSpans(recorder);
  const seen: Promise<{ sampled: boolean; properties: (string | symbol)[][] }>[] = [];
  for (const name of ['always_on', 'always_off']) {
    const sampling = readSampling({ OTEL_TRACES_SAMPLER: name });
    const server = createServer(
      traceRequests({ recorder, spans, sampling, trusts: () => true }, (request, response) => {
        const sampled = spans.current() !== undefined;
        const objects = [request, response, request.socket];
        seen.push(once(response, 'close').then(() => ({ sampled, properties: objects.map(Reflect.ownKeys) })));
        response.end();
      }),
    );
    t.teardown(() => server.close());
    await (await fetch(`http://127.0.0.1:${await listen(server)}`)).arrayBuffer();
  }
  const [sampled, unsampled] = await Promise.all(seen);
  t.deepEqual([sampled?.sampled, unsampled?.sampled], [true, false]);
  t.deepEqual(sampled?.properties, unsampled?.properties);
});

test('what the caller carries goes on to the calls that are made for its request, with its trace and without one', async (t) => {
  const propagators = [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()];
  propagation.setGlobalPropagator(new core.CompositePropagator({ propagators }));
  t.teardown(() => propagation.disable());
  const recorder = new Recorder({ most: 512, longest: 60_000 }, () => {});
  const spans = createSpans(recorder);
  const sampling = readSampling({ OTEL_TRACES_SAMPLER: 'always_on' });
  const server = createServer(
    traceRequests({ recorder, spans, sampling, trusts: () => true }, async (_request, response) => {
      const sent = {};
      await spans.own('work', async () => propagation.inject(spans.current()?.context ?? ROOT_CONTEXT, sent));
      response.end(JSON.stringify(sent));
    }),
  );
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${await listen(server)}`;
  const sentFor = async (headers: Record<string, string>) =>
    (await fetch(url, { headers })).json() as Promise<Record<string, string>>;
  const baggage = 'tenant=blue';
  const both = await sentFor({ ...callers.tracecontext, baggage });
  t.like(both, { baggage });
  t.true(both.traceparent?.startsWith(`00-${traceId}-`));
  t.false(both.traceparent?.includes(parentId));
  const alone = await sentFor({ baggage });
  t.like(alone, { baggage });
  t.regex(String(alone.traceparent), /^00-[\da-f]{32}-[\da-f]{16}-01$/);
  t.deepEqual(Object.keys(await sentFor({})), ['traceparent']);
});

/** What a collector gets of one request: whose trace it is in, or undefined when nothing was recorded. */
async function tracesOf(
  t: ExecutionContext,
  env: Record<string, string>,
  requests: readonly (readonly [target: string, headers: Record<string, string>, status: number])[],
) {
  const { url, spans } = await receiveTraces(t);
  const folder = temporaryFolder(t);
  const service = await startService(t, {
    env: {
      KV_DATA_DIR: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
      ...env,
    },
  });
  for (const [target, headers, status] of requests) {
    t.is((await fetch(service.url + target, { headers })).status, status, target);
  }
  await service.stop('SIGINT');
  return spans;
}

test('the span of a request takes as long as its metric says, and both as long as a clock outside: answered, too late, left', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await startService(t, {
    env: {
      ...{ KV_DATA_DIR: temporaryFolder(t), KV_BODY_TIMEOUT: '1s' },
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER: 'always_on' },
    },
  });
  const head = (length: number) => `POST /set HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
  const body = '{"a":1}';
  const ends: Record<string, (socket: Socket) => void> = {
    200: (socket) => socket.write(body),
    // KV_BODY_TIMEOUT ends it.
    408: () => {},
    499: (socket) => socket.resetAndDestroy(),
  };
  const outside: Record<string, number> = {};
  const hold = 400;
  /** Milliseconds, for a busy machine. */
  const slack = 250;
  for (const [status, end] of Object.entries(ends)) {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {}).resume();
    const since = performance.now();
    socket.write(head(body.length));
    await waitFor('it has been held', () => performance.now() - since > hold);
    end(socket);
    const counted = new RegExp(`duration_seconds_count.*"/set".*status_code="${status}"\\} 1$`, 'm');
    await waitFor(status, async () => counted.test(await (await fetch(`${service.url}/metrics`)).text()));
    outside[status] = performance.now() - since;
    socket.destroy();
  }
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  await service.stop('SIGINT');
  const ofSets = spans.filter(({ name }) => name === 'POST /set');
  t.is(ofSets.length, 3);
  for (const [i, status] of ['200', '408', '499'].entries()) {
    const sum = new RegExp(`duration_seconds_sum.*"/set".*status_code="${status}"\\} (\\S+)$`, 'm').exec(metrics)?.[1];
    const [metric, span] = [1000 * Number(sum), ofSets[i]?.milliseconds ?? 0];
    // Both lie in what was measured outside; the head is parsed a moment after it was sent.
    for (const [what, took] of Object.entries({ metric, span }))
      t.true(took > hold - slack && took <= (outside[status] ?? 0), `${status}: ${what} ${took} ms`);
    t.true(Math.abs(metric - span) <= (outside[status] ?? 0) - hold + slack, `${status}: ${metric} and ${span} ms`);
  }
});

test('a span says of its request what the metric says, also when the answer comes before the request', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const service = await startService(t, {
    env: {
      ...{ KV_DATA_DIR: temporaryFolder(t), KV_BODY_TIMEOUT: '5s' },
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER: 'always_on' },
    },
  });
  const post = (headers: string) => `POST /set HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`;
  const requests: Record<string, string> = {
    400: `${post('Transfer-Encoding: chunked')}zz\r\n`,
    // KV_BODY_TIMEOUT ends it.
    408: `${post('Content-Length: 100')}{"a":`,
    413: `${post('Connection: close\r\nContent-Length: 5000000')}{"a":`,
    499: `${post('Content-Length: 100')}{"a":`,
  };
  const sumOf = async (status: string) => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const found = new RegExp(`duration_seconds_sum.*"/set".*status_code="${status}"\\} (\\S+)$`, 'm').exec(text);
    return found === null ? undefined : 1000 * Number(found[1]);
  };
  const outside: number[] = [];
  const metrics: (number | undefined)[] = [];
  for (const [status, text] of Object.entries(requests)) {
    // The client leaves its side open.
    const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    const since = performance.now();
    socket.write(text);
    if (status === '499') {
      await waitFor('it is being served', async () =>
        /^http_server_active_requests 2$/m.test(await (await fetch(`${service.url}/metrics`)).text()),
      );
      socket.resetAndDestroy();
    } else {
      const [answer] = await once(socket, 'data');
      outside.push(performance.now() - since);
      t.is(String(answer).slice(9, 12), status);
    }
    await waitFor(status, async () => (await sumOf(status)) !== undefined);
    metrics.push(await sumOf(status));
    socket.destroy();
  }
  await service.stop('SIGINT');
  const ofSets = spans.filter(({ name }) => name === 'POST /set');
  t.deepEqual(
    ofSets.map(({ attributes, status }) => [
      attributes['http.response.status_code'],
      attributes['error.type'],
      status === 2,
    ]),
    [
      [400, undefined, false],
      [408, undefined, false],
      [413, undefined, false],
      [undefined, 'aborted', true],
    ],
  );
  for (const [i, { milliseconds }] of ofSets.entries()) {
    const metric = metrics[i] ?? 0;
    // A connection that is refused stays for a second, others for 5.
    if (i < outside.length)
      t.true(metric < (outside[i] ?? 0) + 900, `${metric} ms in the metric, ${outside[i]} outside`);
    t.true(Math.abs(metric - milliseconds) < 900, `${metric} ms in the metric, ${milliseconds} in the span`);
  }
});

test('a caller without a valid token cannot have its requests recorded, and leaves nothing of what it sends', async (t) => {
  const file = `${temporaryFolder(t)}/tokens`;
  await writeFile(file, bothTokens);
  const tokens = { KV_TOKENS_FILE: file };
  const target = '/get/session:SECRET?access_token=SECRET';
  for (const headers of Object.values(callers)) {
    const stranger = { ...headers, Authorization: 'Bearer SECRET', baggage: 'user=SECRET' };
    const spans = await tracesOf(t, tokens, [
      [target, headers, 401],
      [target, stranger, 401],
      ['/openapi.json', headers, 200],
    ]);
    t.deepEqual(spans, []);
  }
  const [span, ...others] = await tracesOf(t, tokens, [
    ['/get/none', { ...callers.tracecontext, ...bearer(reader) }, 404],
  ]);
  t.deepEqual([span?.traceId, span?.parentSpanId, others], [traceId, parentId, []]);
  // What the service samples by itself, it records of everybody; but not as a part of the stranger's trace.
  const always = { ...tokens, OTEL_TRACES_SAMPLER: 'always_on' };
  const recorded = await tracesOf(t, always, [[target, { ...callers.tracecontext, baggage: 'user=SECRET' }, 401]]);
  t.is(recorded.length, 1);
  t.not(recorded[0]?.traceId, traceId);
  t.notRegex(JSON.stringify(recorded), /SECRET/);
});

test('KV_TRUST_TRACE_HEADERS=false: no caller decides', async (t) => {
  t.deepEqual(
    await tracesOf(t, { KV_TRUST_TRACE_HEADERS: 'false' }, [['/get/none', callers.tracecontext ?? {}, 404]]),
    [],
  );
});

test('spans hold the route, and nothing of keys, queries and values', async (t) => {
  const { url, spans, raw } = await receiveTraces(t);
  const service = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), OTEL_EXPORTER_OTLP_ENDPOINT: url } });
  const set = (headers: Record<string, string>) =>
    fetch(`${service.url}/set`, { method: 'POST', body: '{"SECRET":"SECRET"}', headers });
  const statuses = [
    (await set({})).status,
    // Its message names the key.
    (await set({ 'If-None-Match': '*' })).status,
    (await fetch(`${service.url}/get/SECRET?q=SECRET`)).status,
    (await fetch(`${service.url}/search?prefix=SECRET`)).status,
    (await fetch(`${service.url}/SECRET?SECRET=SECRET`)).status,
    (await fetch(`${service.url}/get/SECRET`, { method: 'DELETE' })).status,
  ];
  t.deepEqual(statuses, [200, 412, 400, 200, 404, 204]);
  await service.stop('SIGINT');
  t.true(spans.length >= statuses.length);
  t.notRegex(raw(), /SECRET/);
  t.true(spans.some(({ name }) => name === 'DELETE /get/{key}'));
});
