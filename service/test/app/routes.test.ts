import test from 'ava';
import { api } from '../../src/site/openapi/api.ts';
import { assertProblem, assertRawProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { connectRaw, exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest, storeKinds } from '../support/store-kinds.ts';

contractTest('no path is cleaned, redirected or matched loosely', async (t, kind) => {
  const service = await startService(t, kind);
  const unknown = [
    '//',
    '///',
    '/Get',
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

test('no header of a proxy says which key, method or store is meant', async (t) => {
  const service = await startService(t, storeKinds[0] as (typeof storeKinds)[number]);
  await set(service, { a: 1, b: 2 });
  const headers = {
    ...{
      'X-Original-URL': '/get/b',
      'X-Rewrite-URL': '/get/b',
      'X-Forwarded-Uri': '/get/b',
      'X-Forwarded-Path': '/get/b',
    },
    ...{ 'X-Forwarded-Prefix': '/b', 'X-Forwarded-Host': 'b', 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '::1' },
    ...{ 'X-HTTP-Method-Override': 'DELETE', 'X-Method-Override': 'DELETE', 'X-Forwarded-Method': 'DELETE' },
    ...{ Forwarded: 'for=b;host=b;proto=https', Via: '1.1 b' },
  };
  for (const method of ['GET', 'HEAD']) t.is((await call(service, '/get/a', { method, headers })).status, 200);
  t.is((await call(service, '/get/a', { headers })).text, '1');
  t.is((await call(service, '/get', { body: '["a"]', headers })).text, '{"a":1}');
  t.is((await set(service, { a: 3 }, { headers })).status, 200);
  t.is((await call(service, '/')).text, '{"a":3,"b":2}');
});

contractTest('a method that does not fit is a 405 with what fits in Allow', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  const paths = Map.groupBy(Object.values(api), ({ path }) => path);
  /** What fits each path. */
  const allowed: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(
      [...paths].map(([path, entries]) => [path.replace('{key}', 'a'), fittingOf(entries.map(({ method }) => method))]),
    ),
    ...{ '/get/': ['DELETE', 'GET', 'HEAD'], '/ui': ['GET', 'HEAD'], '/docs': ['GET', 'HEAD'] },
  };
  t.deepEqual(
    [allowed['/set'], allowed['/get/a'], allowed['/']],
    [['POST'], ['DELETE', 'GET', 'HEAD'], ['GET', 'HEAD']],
  );
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

/** HEAD fits wherever GET does. */
function fittingOf(methods: readonly string[]): readonly string[] {
  return (methods.includes('GET') ? [...methods, 'HEAD'] : methods).toSorted();
}

test('OPTIONS says what fits', async (t) => {
  for (const kind of storeKinds.slice(0, 1)) {
    const service = await startService(t, kind);
    const answer = await call(service, '/set', { method: 'OPTIONS' });
    t.true(answer.status === 200 || answer.status === 204);
    t.is(answer.headers.allow, 'POST');
    assertProblem(t, await call(service, '/unknown', { method: 'OPTIONS' }), 'unknown-path');
    const about = await call(service, '*', { method: 'OPTIONS' });
    t.is(about.status, 200);
    t.regex(about.headers.allow ?? '', /GET.*POST/);
  }
});

test('CONNECT and methods that HTTP does not know are answered, not cut', async (t) => {
  for (const kind of storeKinds.slice(0, 1)) {
    const service = await startService(t, kind);
    assertRawProblem(t, await exchange(t, service, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'), 'method-not-allowed');
    assertRawProblem(t, await exchange(t, service, 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'), 'invalid-request');
  }
});

contractTest(
  'a page of another site neither writes nor reads; a link to an answer may be followed',
  async (t, kind) => {
    const service = await startService(t, kind);
    const reads = ['/', '/get/a', '/search?prefix=a', '/watch'];
    for (const site of ['cross-site', 'same-site', 'anything']) {
      const headers = { 'Sec-Fetch-Site': site };
      assertProblem(t, await set(service, { a: 1 }, { headers }), 'cross-site');
      for (const path of reads) assertProblem(t, await call(service, path, { headers }), 'cross-site');
      t.is((await call(service, '/get/a', { method: 'HEAD', headers })).status, 403);
      const link = { ...headers, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
      t.is((await call(service, '/', { headers: link })).text, '{}');
      assertProblem(t, await set(service, { a: 1 }, { headers: link }), 'cross-site');
      assertProblem(t, await call(service, '/', { headers: { ...link, 'Sec-Fetch-Dest': 'iframe' } }), 'cross-site');
      for (const path of ['/livez', '/readyz', '/openapi.json', '/ui']) {
        t.is((await call(service, path, { headers })).status, 200, path);
      }
    }
    const { port } = service;
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${port + 1}`, 'file://', '']) {
      const headers = { Origin: origin };
      assertProblem(t, await set(service, { a: 1 }, { headers }), 'cross-site');
      assertProblem(t, await call(service, '/get/a', { method: 'DELETE', headers }), 'cross-site');
      assertProblem(t, await call(service, '/delete', { body: '["a"]', headers }), 'cross-site');
      for (const path of reads) assertProblem(t, await call(service, path, { headers }), 'cross-site');
    }
    t.is((await call(service, '/')).text, '{}');
    const own: Record<string, string>[] = [
      { Origin: `http://127.0.0.1:${port}` },
      { Origin: 'https://Kv.example', Host: 'kv.example' },
    ];
    for (const headers of own) {
      t.is((await set(service, { a: 1 }, { headers })).status, 200, headers.Origin);
      t.is((await call(service, '/get/a', { headers })).status, 200, headers.Origin);
    }
    for (const site of ['same-origin', 'none']) {
      t.is((await set(service, { a: 1 }, { headers: { 'Sec-Fetch-Site': site } })).status, 200);
      t.is((await call(service, '/get/a', { headers: { 'Sec-Fetch-Site': site } })).status, 200);
    }
  },
);

test('origins of KV_ORIGINS are treated as its own', async (t) => {
  const [kind] = storeKinds as [(typeof storeKinds)[number]];
  const service = await startService(t, kind, { origins: ['https://App.example', 'chrome-extension://abc'] });
  for (const origin of ['https://app.example', 'chrome-extension://abc']) {
    const headers = { Origin: origin, 'Sec-Fetch-Site': 'cross-site' };
    t.is((await set(service, { a: 1 }, { headers })).status, 200, origin);
    const answer = await call(service, '/get/a', { headers });
    t.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, undefined]);
  }
  for (const origin of ['http://app.example', 'https://app.example:444', 'https://app.example.evil', 'null']) {
    assertProblem(t, await set(service, { a: 1 }, { headers: { Origin: origin } }), 'cross-site');
  }
});

contractTest('no page of another origin can embed an answer, and no browser guesses its type', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: '<script>' });
  const targets = [
    '/',
    '/get/a',
    '/get/none',
    '/search?prefix=a',
    '/search?suffix=a&limit=1',
    '/livez',
    '/metrics',
    '/none',
  ];
  for (const path of [...targets, '/openapi.json', '/ui']) {
    const { headers } = await call(service, path);
    t.is(headers['x-content-type-options'], 'nosniff', path);
    t.is(headers['cross-origin-resource-policy'], 'same-origin', path);
    t.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
      path,
    );
  }
  const preflight = { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST' };
  const { headers } = await call(service, '/set', { method: 'OPTIONS', headers: preflight });
  t.false(
    Object.keys(headers).some((name) => name.startsWith('access-control-')),
    'and no other page may send a write',
  );
  await set(service, { large: 'x'.repeat(600_000), larger: 'x'.repeat(400_000) });
  t.is((await call(service, '/')).headers['x-content-type-options'], 'nosniff', 'in slices');
  const lines = await call(service, '/', { headers: { Accept: 'application/x-ndjson' } });
  t.is(lines.headers['x-content-type-options'], 'nosniff');
  const watch = await connectRaw(t, service);
  watch.send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  t.regex(await watch.until(/\r\n\r\n/), /nosniff/);
  t.regex(await exchange(t, service, 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'), /nosniff/);
});

contractTest(
  'a parameter that a call does not know is refused, with the one that was probably meant',
  async (t, kind) => {
    const service = await startService(t, kind);
    const of = async (target: string, method: string, body?: string) =>
      assertProblem(
        t,
        await call(service, target, body === undefined ? { method } : { method, body }),
        'invalid-query',
      );
    t.is(
      await of('/set?tll=1', 'POST', '{"a":1}'),
      'There is no parameter `tll`. Did you mean `ttl`? This call knows `ttl`.',
    );
    t.regex(
      await of('/?prefx=x', 'GET'),
      /^There is no parameter `prefx`\. Did you mean `prefix`\? This call knows (`\w+`, )+`\w+`\.$/,
    );
    t.regex(await of('/search?prefix=a&lmit=1', 'GET'), /`lmit`\. Did you mean `limit`\? This call knows `prefix`/);
    t.is(await of('/get/a?_=12345', 'GET'), 'There is no parameter `_`. This call knows `consistency`, `wait`.');
    t.is(await of('/get/a?ttl=1', 'DELETE'), 'There is no parameter `ttl`. This call knows none.');
    t.regex(await of(`/watch?${'x'.repeat(5000)}=1`, 'GET'), /^There is no parameter `x{100}`/);
    await of('/delete?prefix=a', 'POST', '["a"]');
    t.is((await call(service, '/')).text, '{}', 'nothing was written');
  },
);

test('every parameter that the description has is known, and no other', async (t) => {
  for (const kind of storeKinds.slice(0, 1)) {
    const service = await startService(t, kind);
    const { paths, components } = JSON.parse((await call(service, '/openapi.json')).text);
    const names = new Map<string, string[]>();
    for (const [path, operations] of Object.entries<Record<string, { parameters?: { $ref: string }[] }>>(paths)) {
      for (const [method, { parameters = [] }] of Object.entries(operations)) {
        const all = parameters.map(({ $ref }) => components.parameters[$ref.split('/').at(-1) ?? '']);
        names.set(
          `${method} ${path}`,
          all.filter((each) => each.in === 'query').map(({ name }) => name),
        );
      }
    }
    for (const [operation, query] of names) {
      const [method = '', path = ''] = operation.split(' ');
      if (/livez|readyz|metrics|openapi/.test(path)) continue;
      const body = { '/set': '{"a":1}', '/get': '["a"]', '/delete': '["a"]' }[path];
      const options = { method: method.toUpperCase(), ...(body === undefined ? {} : { body }) };
      const target = path.replace('{key}', 'a');
      const { text } = await call(service, `${target}?neverheardof=1`, options);
      const known = [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name).slice(1);
      t.deepEqual(known.sort(), query.sort(), operation);
    }
    t.true(names.size > 8);
  }
});

test('two of a field that has one value, or a Host that is none, are refused', async (t) => {
  for (const kind of storeKinds.slice(0, 1)) {
    const service = await startService(t, kind);
    const send = (fields: string) => exchange(t, service, `GET /get/a HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
    const refused = [
      'Host: a\r\nHost: a\r\n',
      'Host: a\r\nhOST: b\r\n',
      'Host: a\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n',
      ...['a b', 'a/b', 'a@b', 'a, b', 'http://a', '[::1', 'a:b'].map((host) => `Host: ${host}\r\n`),
    ];
    for (const fields of refused) assertRawProblem(t, await send(fields), 'invalid-request');
    for (const host of ['a', 'A.b-c_d', 'a:80', '127.0.0.1:8080', '[::1]:8080', '[::1]', '', 'a:']) {
      assertRawProblem(t, await send(`Host: ${host}\r\n`), 'key-not-found');
    }
  }
});
