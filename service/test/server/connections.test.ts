import test from 'ava';
import { assertProblem, assertRawProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { connectRaw, exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// What happens before a request reaches the store is the same for every kind.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

test('headers that dribble in are cut with 408, while others are served', async (t) => {
  const service = await startService(t, kind, { headersTimeout: 400 });
  const slow = await connectRaw(t, service);
  const letters =
    'GET /get/a HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
  let sent = 0;
  const dribble = setInterval(() => slow.send(letters[sent++] ?? 'a'), 10);
  slow.socket.once('close', () => clearInterval(dribble));
  t.teardown(() => clearInterval(dribble));
  t.is((await call(service, '/livez')).status, 200);
  assertRawProblem(t, await slow.closed(), 'request-timeout');
});

test('a body that dribbles in is cut with 408', async (t) => {
  const service = await startService(t, kind, { headersTimeout: 400, requestTimeout: 400 });
  const slow = await connectRaw(t, service);
  slow.send('POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"a":');
  assertRawProblem(t, await slow.closed(), 'request-timeout');
  t.is((await call(service, '/')).text, '{}');
});

test('a connection on which nothing is sent is closed', async (t) => {
  const service = await startService(t, kind, { headersTimeout: 300, requestTimeout: 300 });
  const silent = await connectRaw(t, service);
  await silent.closed();
  t.pass();
});

test('an idle connection is closed after the keep-alive time', async (t) => {
  const service = await startService(t, kind, { keepAliveTimeout: 50 });
  const connection = await connectRaw(t, service);
  connection.send('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  t.regex(await connection.closed(), /^HTTP\/1\.1 200 OK\r\n/);
});

test('too many bytes of headers, or too long a target, is a 431', async (t) => {
  const service = await startService(t, kind);
  const long = 'a'.repeat(20_000);
  for (const request of [
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${long}\r\n\r\n`,
    `GET /get/${long} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${'X-Many: aaaaaaaaaaaaaaaa\r\n'.repeat(1000)}\r\n`,
  ]) {
    t.regex(assertRawProblem(t, await exchange(t, service, request), 'headers-too-large'), /16384/);
  }
});

test('a client that goes on sending after a refusal reads the answer all the same', async (t) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 5; i++) {
    const connection = await connectRaw(t, service);
    const more = setInterval(() => connection.send('X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(500)), 1);
    t.teardown(() => clearInterval(more));
    connection.send('GET / HTTP/1.1\r\nHost: x\r\n');
    assertRawProblem(t, await connection.closed(), 'headers-too-large');
    clearInterval(more);
  }
});

test('a refused client that keeps its half open is cut', async (t) => {
  const service = await startService(t, kind);
  const connection = await connectRaw(t, service, { allowHalfOpen: true });
  connection.send('rubbish\r\n\r\n');
  await connection.until(/invalid-request/);
  const more = setInterval(() => connection.send('x'), 20);
  t.teardown(() => clearInterval(more));
  assertRawProblem(t, await connection.closed(), 'invalid-request');
  clearInterval(more);
});

test('the longest key, escaped byte by byte, fits', async (t) => {
  const service = await startService(t, kind);
  await set(service, { [' '.repeat(1024)]: 1 });
  t.is((await call(service, `/get/${'%20'.repeat(1024)}`)).text, '1');
});

test('what is not HTTP is a 400', async (t) => {
  const service = await startService(t, kind);
  const requests = [
    'hello\r\n\r\n',
    'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n',
    'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n{"a":1}',
    'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n',
    'POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ];
  for (const request of requests) {
    assertRawProblem(t, await exchange(t, service, Buffer.from(request, 'latin1')), 'invalid-request');
  }
  t.is((await call(service, '/')).text, '{}');
});

test('HTTP/1.0 without a Host is served', async (t) => {
  const service = await startService(t, kind);
  t.regex(await exchange(t, service, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\{\}$/s);
});

test('pipelined requests are answered in their order', async (t) => {
  const service = await startService(t, kind);
  await set(service, { a: 1, b: 2 });
  const one = (key: string, more = '') => `GET /get/${key} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  const text = await exchange(t, service, one('a') + one('c') + one('b', 'Connection: close\r\n'));
  t.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
});

test('rubbish behind a request cuts its answer, and does not get into it', async (t) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 30; i++) await set(service, { [`k${i}`]: 'x'.repeat(1_000_000) });
  const connection = await connectRaw(t, service);
  connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await connection.until(/\r\n\r\n/);
  connection.socket.pause();
  connection.send('\r\nrubbish\r\n\r\n');
  connection.socket.resume();
  const text = await connection.closed();
  t.is(text.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer');
  t.false(text.endsWith('0\r\n\r\n'), 'and it shows that it is not whole');
});

test('a Problem of a drained server closes its connection', async (t) => {
  const service = await startService(t, kind);
  service.drain.begin();
  const answer = await call(service, '/readyz');
  assertProblem(t, answer, 'not-ready');
  t.is(answer.headers.connection, 'close');
});
