/** What caches on the way may keep, and conditions of reads. */
import type { ExecutionContext } from 'ava';
import { call, set } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';
import { bearer, reader, someTokens, writer } from '../support/tokens.ts';

const reads = ['/get/a', '/?limit=1', '/', '/search?prefix=a', '/search?prefix=a&values=true', '/get/missing'];

async function cachingOf(service: Service, target: string, options: object = {}): Promise<[number, unknown]> {
  const { status, headers } = await call(service, target, options);
  return [status, headers['cache-control']];
}

contractTest('reads are kept by caches only to be asked about; all else is not kept', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  for (const target of reads) {
    const { status, headers } = await call(service, target);
    t.is(headers['cache-control'], 'no-cache', target);
    t.is((await call(service, target, { method: 'HEAD' })).headers['cache-control'], 'no-cache', target);
    if (status === 404) continue;
    const again = { headers: { 'If-None-Match': String(headers.etag) } };
    t.deepEqual(await cachingOf(service, target, again), [304, 'no-cache'], target);
  }
  const lines = { headers: { Accept: 'application/x-ndjson' } };
  t.deepEqual(await cachingOf(service, '/', lines), [200, 'no-cache']);
  for (const [target, options] of [
    ['/unknown', {}],
    ['/search', {}],
    ['/get/%AF', {}],
    ['/set', {}],
    ['/set', { body: '{"b":1}' }],
    ['/set', { body: '{' }],
    ['/delete', { body: '["b"]' }],
    ['/get/b', { method: 'DELETE' }],
    ['/livez', {}],
    ['/readyz', {}],
    ['/metrics', {}],
    ['/watch', { method: 'HEAD' }],
    ['/get/a', { method: 'OPTIONS' }],
    ['*', { method: 'OPTIONS' }],
    ['/ui/', {}],
  ] as const) {
    t.is((await cachingOf(service, target, options))[1], 'no-store', target);
  }
  for (const target of ['/openapi.json', '/ui', '/ui/main.js', '/docs']) {
    t.is((await cachingOf(service, target))[1], 'no-cache', target);
  }
});

contractTest('with tokens, reads are for the cache of one client alone', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  await set(service, { a: 1 }, { headers: bearer(writer) });
  for (const target of reads) {
    t.is((await cachingOf(service, target, { headers: bearer(reader) }))[1], 'private, no-cache', target);
    t.deepEqual(await cachingOf(service, target), [401, 'no-store'], target);
  }
});

const tags = (t: ExecutionContext, etag: unknown) => {
  t.regex(String(etag), /^"/);
  return String(etag);
};

contractTest('If-Match of a read holds, or is 412', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1, b: 2 });
  for (const target of reads.slice(0, -1)) {
    const etag = tags(t, (await call(service, target)).headers.etag);
    for (const good of [etag, '*', `"x", ${etag}`, `W/"x",${etag}`]) {
      t.is((await call(service, target, { headers: { 'If-Match': good } })).status, 200, `${target} ${good}`);
    }
    for (const bad of ['"x"', `W/${etag}`, '"x", W/"y"']) {
      const { status, text } = await call(service, target, { headers: { 'If-Match': bad } });
      t.deepEqual([status, JSON.parse(text).code], [412, 'precondition-failed'], `${target} ${bad}`);
    }
    const both = { 'If-Match': etag, 'If-None-Match': etag };
    t.is((await call(service, target, { headers: both })).status, 304);
    t.is((await call(service, target, { headers: { 'If-Match': 'nonsense' } })).status, 400);
  }
  t.is((await call(service, '/get/missing', { headers: { 'If-Match': '*' } })).status, 412);
});

contractTest('OPTIONS * is about the server', async (t, kind) => {
  const service = await startService(t, kind);
  const answer = await exchange(t, service, 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  t.regex(answer, /^HTTP\/1\.1 200 /);
  t.regex(answer, /^Allow: GET, HEAD, POST, DELETE, OPTIONS\r$/m);
});
