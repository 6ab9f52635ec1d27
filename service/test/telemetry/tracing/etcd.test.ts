/** Traces from the caller to etcd, with a real etcd. */
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { type Service, startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { receiveTraces, type Span } from '../../support/trace-receiver.ts';

const parentId = 'b7ad6b7169203331';
const newTrace = () => randomUUID().replaceAll('-', '');
const headers = (traceId: string, sampled = true) => ({ traceparent: `00-${traceId}-${parentId}-0${sampled ? 1 : 0}` });

async function start(
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
): Promise<{ service: Service; spans: Span[]; etcd: EtcdCluster }> {
  const etcd = await EtcdCluster.start();
  t.teardown(() => etcd.stop());
  const { url, spans } = await receiveTraces(t);
  const service = await startService(t, {
    env: {
      KV_DATA_DIR: temporaryFolder(t),
      KV_ETCD_ENDPOINTS: etcd.endpoints.join(','),
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
      ...env,
    },
  });
  await waitFor('the service is ready', async () => (await fetch(`${service.url}/readyz`)).ok);
  return { service, spans, etcd };
}

/** The names from a span up to what the caller sent. */
function pathOf(span: Span | undefined, spans: readonly Span[]): string[] {
  if (span === undefined) return [];
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent === undefined ? [span.parentSpanId] : pathOf(parent, spans))];
}

test.serial('a trace goes from the caller through the service to the call of etcd', async (t) => {
  const { service, spans, etcd } = await start(t);
  const [write, read] = [newTrace(), newTrace()];
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}', headers: headers(write) });
  t.is(await (await fetch(`${service.url}/get/a`, { headers: headers(read) })).text(), '1');
  await service.stop('SIGINT');

  const call = (traceId: string) => spans.find((span) => span.traceId === traceId && span.kind === 3);
  t.deepEqual(pathOf(call(write), spans), ['etcdserverpb.KV/Txn', 'store.transaction', 'POST /set', parentId]);
  t.deepEqual(pathOf(call(read), spans), [
    'etcdserverpb.KV/Range',
    'store.read-head',
    'store.barrier',
    'GET /get/{key}',
    parentId,
  ]);
  const url = new URL(etcd.endpoints[0] ?? '');
  t.like(call(write)?.attributes, {
    'rpc.system.name': 'grpc',
    'rpc.method': 'etcdserverpb.KV/Txn',
    'rpc.status_code': 'OK',
    'server.address': url.hostname,
    'server.port': Number(url.port),
  });
  t.deepEqual(
    spans.filter(({ traceId }) => traceId !== write && traceId !== read),
    [],
    'watch, sync and heartbeat are in no trace',
  );
});

test.serial('with leases a write waits in a span of its own, and a read makes no call', async (t) => {
  const env = { KV_FRESH_READS: 'lease', KV_PEER_PORT: '0', KV_PEER_ADDRESS: '127.0.0.1' };
  const { service, spans } = await start(t, env);
  await waitFor('a lease', async () => {
    for (let i = 0; i < 10; i++) await (await fetch(`${service.url}/get/a`)).text();
    return /^kvstore_lease_held 1$/m.test(await (await fetch(`${service.url}/metrics`)).text());
  });
  // Reads outnumber writes, or the lease would end.
  for (let i = 0; i < 100; i++) await (await fetch(`${service.url}/get/a`)).text();
  // Some are in the index before the transaction's answer is there, and need not wait.
  const writes = Array.from({ length: 20 }, newTrace);
  for (const id of writes) await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}', headers: headers(id) });
  const reads = Array.from({ length: 20 }, newTrace);
  for (const id of reads) t.is(await (await fetch(`${service.url}/get/a`, { headers: headers(id) })).text(), '1');
  await service.stop('SIGINT');
  const waited = spans.filter(({ name, traceId }) => name === 'store.stable' && writes.includes(traceId));
  t.true(waited.length > 0);
  for (const span of waited) t.deepEqual(pathOf(span, spans), ['store.stable', 'POST /set', parentId]);
  const namesOf = (id: string) => spans.filter(({ traceId }) => traceId === id).map(({ name }) => name);
  t.true(reads.some((id) => namesOf(id).join() === 'GET /get/{key}'));
});

test.serial('requests that share a transaction or a read of the head are linked with it', async (t) => {
  const { service, spans, etcd } = await start(t, { KV_REQUEST_TIMEOUT: '60s' });
  const traces = Array.from({ length: 40 }, newTrace);
  // While etcd does not answer, requests wait for it, and the next call serves all of them.
  await etcd.members[0]?.pause();
  const answers = traces.map((id, i) => {
    const init = i % 2 === 0 ? {} : { method: 'POST', body: `{"key-${i}":1}` };
    return fetch(service.url + (i % 2 === 0 ? '/get/none' : '/set'), { ...init, headers: headers(id) });
  });
  await waitFor('all have arrived', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    return /^http_server_active_requests 41$/m.test(text);
  });
  etcd.members[0]?.continue();
  await Promise.all(answers);
  await service.stop('SIGINT');
  for (const [shared, own] of [
    ['store.transaction', 'POST /set'],
    ['store.read-head', 'store.barrier'],
  ]) {
    const batches = spans.filter(({ name }) => name === shared);
    const requests = spans.filter(({ name }) => name === own);
    t.is(requests.length, traces.length / 2);
    t.true(batches.length < requests.length, 'some share');
    t.deepEqual(
      [...new Set(batches.flatMap(({ links }) => links.map(({ spanId }) => spanId)))].sort(),
      requests.map(({ spanId }) => spanId).sort(),
    );
    for (const request of requests) {
      const batch = batches.find(({ links }) => links.some(({ spanId }) => spanId === request.spanId));
      const known = request.links.some(({ spanId }) => spanId === batch?.spanId);
      t.true(known || batch?.parentSpanId === request.spanId, 'the request has a link to the batch');
    }
    for (const { spanId } of batches) {
      t.true(
        spans.some(({ kind, parentSpanId }) => kind === 3 && parentSpanId === spanId),
        'the call belongs to the batch',
      );
    }
  }
});

test.serial('what goes on after a sampled request is not part of its trace', async (t) => {
  const { service, spans } = await start(t);
  const trace = newTrace();
  // The request begins the loop that later requests keep going; none of those is sampled.
  const others = Array.from({ length: 20 }, () =>
    fetch(`${service.url}/get/a`, { headers: headers(newTrace(), false) }),
  );
  await fetch(`${service.url}/get/a`, { headers: headers(trace) });
  await Promise.all(others);
  for (let i = 0; i < 20; i++) await fetch(`${service.url}/get/a`, { headers: headers(newTrace(), false) });
  await service.stop('SIGINT');
  t.deepEqual([...new Set(spans.map(({ traceId }) => traceId))], [trace]);
  t.is(spans.filter(({ name }) => name === 'etcdserverpb.KV/Range').length, 1);
});

test.serial(
  'a call that fails says so, and the warning in the log has the ids of the request that it fails',
  async (t) => {
    const { service, spans, etcd } = await start(t);
    await etcd.stop();
    const trace = newTrace();
    t.is((await fetch(`${service.url}/get/a`, { headers: headers(trace) })).status, 503);
    const line = await waitFor('the line', () => service.log.find(({ msg }) => msg === 'request failed'));
    await service.stop('SIGINT');
    t.is(line?.trace_id, trace);
    const server = spans.find(({ kind }) => kind === 2);
    t.is(line?.span_id, server?.spanId);
    t.is(server?.status, 2);
    t.is(spans.find(({ name }) => name === 'store.barrier')?.status, 2);
    t.deepEqual([...new Set(service.log.map(({ trace_id }) => trace_id).filter((id) => id !== undefined))], [trace]);
  },
);
