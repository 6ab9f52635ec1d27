/** A store says who it is in every answer, and answers nothing that is meant for another one. */
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const identity = 'shop/cart/0f1e2d3c';
const header = 'kvstore-identity';

const post = (target: string, body: string, more = '') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
const get11 = (target: string, more = '', method = 'GET') =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\n${more}Connection: close\r\n\r\n`;

/** Every way that an answer is sent. */
const requests: readonly string[] = [
  get11('/get/a'),
  get11('/get/a', '', 'HEAD'),
  get11('/get/%61'),
  get11('/get/a', 'If-None-Match: *\r\n'),
  get11('/get/none'),
  get11('/get/a?consistency=stale'),
  get11('/'),
  get11('/', 'Accept: application/x-ndjson\r\n'),
  get11('/search?prefix=a'),
  get11('/search?prefix=a&values=true'),
  post('/set', '{"a":1}'),
  post('/set?ttl=9', '{"b":1}'),
  post('/set', '{"a":'),
  post('/set', '{"a":2}', 'Expect: 100-continue\r\n'),
  post('/delete', '["none"]'),
  get11('/get/none', '', 'DELETE'),
  ...['/livez', '/readyz', '/metrics', '/openapi.json', '/ui', '/docs', '/unknown', '/watch?prefix=a&prefix=b'].map(
    (target) => get11(target),
  ),
  get11('/set', '', 'PUT'),
  get11('/set', '', 'OPTIONS'),
  // Refused before there is a request.
  'GET /get/a HTTP/1.1\r\nConnection: close\r\n\r\n',
  'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
  get11('/get/a', `X: ${'x'.repeat(20_000)}\r\n`),
];

contractTest('every answer says which store it is from', async (t, kind) => {
  const service = await startService(t, kind, { identity });
  t.is((await set(service, { a: 1 })).headers[header], identity);
  for (const request of requests) {
    const answer = await exchange(t, service, request);
    const found = [...answer.matchAll(/^kvstore-identity: (.*)\r$/gim)].map(([, value]) => value);
    t.deepEqual(found, [identity], `${request.slice(0, 60)}: ${answer.slice(0, 200)}`);
  }
  const refusing = await startService(t, kind, { identity, maxWait: 0 });
  t.is((await get(refusing, 'a')).headers[header], identity);
});

contractTest('what is meant for another store is refused, and nothing happens', async (t, kind) => {
  const service = await startService(t, kind, { identity });
  await set(service, { a: 1 });
  const headers = { [header]: 'shop/other/1' };
  for (const answer of [
    await get(service, 'a', { headers }),
    await call(service, '/get/%61', { headers }),
    await call(service, '/', { headers }),
    await call(service, '/search?prefix=a', { headers }),
    await call(service, '/watch', { headers }),
    await set(service, { a: 2 }, { headers }),
    await call(service, '/delete', { headers, body: '["a"]' }),
    await call(service, '/get/a', { headers, method: 'DELETE' }),
  ]) {
    t.regex(assertProblem(t, answer, 'misdirected') ?? '', /shop\/cart\/0f1e2d3c/);
  }
  t.is((await get(service, 'a', { headers: { [header]: identity } })).text, '1');
  t.is((await set(service, { a: 3 }, { headers: { [header]: identity } })).status, 200);
});

contractTest('a store without an identity says nothing of it, and is not the one that is named', async (t, kind) => {
  const service = await startService(t, kind);
  const answer = await set(service, { a: 1 });
  t.is(answer.headers[header], undefined);
  assertProblem(t, await get(service, 'a', { headers: { [header]: identity } }), 'misdirected');
});
