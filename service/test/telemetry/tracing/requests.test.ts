/** How requests meet traces: whose trace goes on, and what a request that is not sampled has to do with it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import test from 'ava';
import { listen } from '../../../../test-support/listen.ts';
import { startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { Recorder } from '../../../src/telemetry/tracing/recorder.ts';
import { traceRequests } from '../../../src/telemetry/tracing/requests.ts';
import { readSampling } from '../../../src/telemetry/tracing/sampling.ts';
import { createSpans } from '../../../src/telemetry/tracing/spans.ts';
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
      traceRequests({ recorder, spans, sampling }, (request, response) => {
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
    traceRequests({ recorder, spans, sampling }, async (_request, response) => {
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
