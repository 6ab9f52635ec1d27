import test from 'ava';
import { assertProblem, assertRawProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest, storeKinds } from '../support/store-kinds.ts';

contractTest('H1: no path is cleaned, redirected or matched loosely', async (t, kind) => {
  const service = await startService(t, kind);
  const unknown = [
    '//',
    '///',
    '/get',
    '/Get/a',
    '/GET/a',
    '//get/a',
    '/./get/a',
    '/x/../get/a',
    '/%67et/a',
    '/get%2Fa',
    '/search/',
    '/set/',
    '/livez/',
    '/%2F',
    '/favicon.ico',
    '/index.html',
    '/%AF',
  ];
  await set(service, { a: 1 });
  for (const path of unknown) assertProblem(t, await call(service, path), 'unknown-path');
  assertProblem(t, await call(service, '/unknown', { method: 'POST', body: '{"b":1}' }), 'unknown-path');
  t.is((await call(service, '/')).text, '{"a":1}');
});

contractTest('the absolute form of a target is its path', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1, 'http://x/y': 2 });
  const ask = (target: string) => call(service, target);
  t.is((await ask('http://example.test/get/a')).text, '1');
  t.is((await ask('http://example.test:80/search?prefix=a')).text, '["a"]');
  t.is((await ask('http://example.test')).text, '{"a":1,"http://x/y":2}');
  t.is((await ask('http://example.test?limit=1')).text, '{"a":1}');
  t.is((await ask('http://example.test?limit=1&after=b/c')).text, '{"http://x/y":2}');
  t.is((await ask('http://example.test/')).text, '{"a":1,"http://x/y":2}');
  t.is((await ask('/get/http://x/y')).text, '2');
  assertProblem(t, await ask('http://example.test//get/a'), 'unknown-path');
});

contractTest('a method that does not fit is a 405 with what fits in Allow', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  /** What fits each path. */
  const allowed: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(
      ['/', '/search', '/watch', '/livez', '/readyz', '/metrics', '/openapi.json'].map((path) => [
        path,
        ['GET', 'HEAD'],
      ]),
    ),
    '/get/a': ['DELETE', 'GET', 'HEAD'],
    '/get/': ['DELETE', 'GET', 'HEAD'],
    '/set': ['POST'],
    '/delete': ['POST'],
  };
  const methods = ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY'];
  for (const [path, fitting] of Object.entries(allowed)) {
    for (const method of [...methods, 'GET', 'HEAD'].filter((each) => !fitting.includes(each))) {
      const answer = await call(service, path, { method });
      if (method === 'HEAD') t.is(answer.status, 405);
      else assertProblem(t, answer, 'method-not-allowed');
      t.deepEqual(answer.headers.allow?.split(', ').toSorted(), fitting, `${method} ${path}`);
    }
  }
  for (const method of methods) assertProblem(t, await call(service, '/unknown', { method }), 'unknown-path');
  t.is((await call(service, '/')).text, '{"a":1}');
});

test('OPTIONS says what fits', async (t) => {
  for (const kind of storeKinds.slice(0, 1)) {
    const service = await startService(t, kind);
    const answer = await call(service, '/set', { method: 'OPTIONS' });
    t.true(answer.status === 200 || answer.status === 204);
    t.is(answer.headers.allow, 'POST');
    assertProblem(t, await call(service, '/unknown', { method: 'OPTIONS' }), 'unknown-path');
    assertProblem(t, await call(service, '*', { method: 'OPTIONS' }), 'unknown-path');
  }
});

test('CONNECT and methods that HTTP does not know are answered, not cut', async (t) => {
  for (const kind of storeKinds.slice(0, 1)) {
    const service = await startService(t, kind);
    assertRawProblem(t, await exchange(t, service, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'), 'method-not-allowed');
    assertRawProblem(t, await exchange(t, service, 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'), 'invalid-request');
  }
});

contractTest("a write from another site's page is refused", async (t, kind) => {
  const service = await startService(t, kind);
  for (const site of ['cross-site', 'same-site', 'anything']) {
    assertProblem(t, await set(service, { a: 1 }, { headers: { 'Sec-Fetch-Site': site } }), 'cross-site');
    t.is((await call(service, '/', { headers: { 'Sec-Fetch-Site': site } })).text, '{}', 'reads go on');
  }
  for (const site of ['same-origin', 'none']) {
    t.is((await set(service, { a: 1 }, { headers: { 'Sec-Fetch-Site': site } })).status, 200);
  }
});
