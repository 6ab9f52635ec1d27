/** The standard variables of OpenTelemetry that say where and how traces are sent. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Server } from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import { CertificateAuthority } from '../../../../test-support/certificates.ts';
import { listen } from '../../../../test-support/network/listen.ts';
import { listenGrpc } from '../../../../test-support/network/listen-grpc.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { ExportHealth } from '../../../src/telemetry/tracing/export/export-health.ts';
import { Sender } from '../../../src/telemetry/tracing/export/sender.ts';
import type { SpanRecord } from '../../../src/telemetry/tracing/export/span-record.ts';
import { receiveTraces } from '../../support/trace-receiver.ts';

const record: SpanRecord = {
  name: 'GET /get/{key}',
  kind: 1,
  parent: undefined,
  ids: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
  links: [],
  attributes: {},
  start: 1_700_000_000_000,
  end: 1_700_000_000_001,
  failure: undefined,
};

async function send(env: Readonly<Record<string, string>>): Promise<void> {
  const sender = new Sender(env, new ExportHealth());
  sender.send([record]);
  await sender.close(60_000);
}

interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

async function collector(t: ExecutionContext): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    received.push({ request, body: Buffer.concat(await request.toArray()) });
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  const port = await listen(server);
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${port}`, received };
}

test('OTEL_EXPORTER_OTLP_PROTOCOL=http/json, with headers, gzip and attributes of the resource', async (t) => {
  const { url, received } = await collector(t);
  await send({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=secret%20one',
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host',
  });
  const [{ request, body }, ...others] = received as [Received];
  t.deepEqual(others, []);
  t.is(request.url, '/v1/traces');
  t.like(request.headers, {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'api-key': 'secret one',
  });
  const [{ resource, scopeSpans }] = JSON.parse(gunzipSync(body).toString()).resourceSpans;
  t.is(scopeSpans[0].spans[0].name, record.name);
  const attributes = Object.fromEntries(
    resource.attributes.map(({ key, value }: { key: string; value: { stringValue: string } }) => [
      key,
      value.stringValue,
    ]),
  );
  t.like(attributes, { 'service.name': 'kvstore', 'deployment.environment.name': 'test' });
  t.truthy(attributes['host.name']);
  t.false('process.pid' in attributes);
});

test('OTEL_EXPORTER_OTLP_PROTOCOL=grpc', async (t) => {
  const received: Buffer[] = [];
  const asItIs = (bytes: Buffer) => bytes;
  const server = new Server();
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        ...{ requestSerialize: asItIs, requestDeserialize: asItIs },
        ...{ responseSerialize: asItIs, responseDeserialize: asItIs },
      },
    },
    {
      export(call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) {
        received.push(call.request);
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await listenGrpc(server);
  t.teardown(() => server.forceShutdown());
  await send({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
  t.is(received.length, 1);
  t.true(received[0]?.includes(record.name));
});

test('OTEL_EXPORTER_OTLP_CERTIFICATE and a client certificate, over TLS', async (t) => {
  const folder = temporaryFolder(t);
  const authority = await CertificateAuthority.create(folder);
  const [server, client] = [await authority.issue('collector'), await authority.issue('kvstore')];
  const ca = await readFile(authority.certFile);
  const subjects: unknown[] = [];
  const collector = createTlsServer(
    { cert: await readFile(server.certFile), key: await readFile(server.keyFile), ca, requestCert: true },
    (request, response) => {
      subjects.push((request.socket as TLSSocket).getPeerCertificate().subject.CN);
      request.resume().on('end', () => response.end());
    },
  );
  const port = await listen(collector);
  t.teardown(() => collector.close());
  await send({
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: authority.certFile,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: client.certFile,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: client.keyFile,
  });
  t.deepEqual(subjects, ['kvstore']);
});

test('OTEL_TRACES_EXPORTER=console,otlp: both get the spans', async (t) => {
  const { url, spans } = await receiveTraces(t);
  const source = (name: string) =>
    JSON.stringify(new URL(`../../../src/telemetry/tracing/export/${name}`, import.meta.url));
  // In a process of its own: the standard output of this one is the test runner's.
  const program = `
    import { ExportHealth } from ${source('export-health.ts')};
    import { Sender } from ${source('sender.ts')};
    const sender = new Sender(process.env, new ExportHealth());
    sender.send([${JSON.stringify(record)}]);
    await sender.close(60_000);`;
  const env = { OTEL_TRACES_EXPORTER: 'console,otlp', OTEL_EXPORTER_OTLP_ENDPOINT: url };
  // As a file: threads inherit what Node is given, such as a program on its command line.
  const file = `${temporaryFolder(t)}/send.mjs`;
  await writeFile(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
  t.true(stdout.includes(record.name), stdout);
  t.deepEqual(
    spans.map(({ name }) => name),
    [record.name],
  );
});

const names: readonly (readonly [title: string, env: Readonly<Record<string, string>>, name: string])[] = [
  ['without a name', {}, 'kvstore'],
  ['an empty OTEL_SERVICE_NAME', { OTEL_SERVICE_NAME: '' }, 'kvstore'],
  ['service.name in OTEL_RESOURCE_ATTRIBUTES', { OTEL_RESOURCE_ATTRIBUTES: 'a=b, service.name=shop' }, 'shop'],
  [
    'OTEL_SERVICE_NAME comes before OTEL_RESOURCE_ATTRIBUTES',
    { OTEL_SERVICE_NAME: 'till', OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop' },
    'till',
  ],
];
for (const [title, env, name] of names) {
  test(`the service's name: ${title}`, async (t) => {
    const { url, spans } = await receiveTraces(t);
    await send({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env });
    t.deepEqual(
      spans.map(({ service }) => service),
      [name],
    );
  });
}
