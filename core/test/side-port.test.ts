import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { call } from '../../service/test/support/call.ts';
import { connectRaw, exchange } from '../../service/test/support/raw-connection.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { plainAnswer, type SidePortLimits, sidePort } from '../src/side-port.ts';

/** More than the system holds for a client that takes nothing. */
const large = 16 * 1024 ** 2;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Answers each path with itself, `/large` with much, and counts. */
async function open(t: ExecutionContext, limits?: SidePortLimits) {
  let answers = 0;
  const text = Buffer.alloc(large, 'x');
  const server = sidePort(({ url = '' }) => {
    answers++;
    if (url === '/fails') throw new Error('no answer');
    const headers = ['Content-Length', String(large)];
    return url === '/large' ? { status: 200, headers, text } : plainAnswer(200, url);
  }, limits);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections++;
    socket.once('close', () => connections--);
  });
  const { port } = server.address() as AddressInfo;
  return { port, server, answers: () => answers, connections: () => connections };
}

test('a connection gets one answer, whatever it sends ahead, and then ends', async (t) => {
  const port = await open(t);
  // The last of them is cut in the middle by the end of a read, and what follows is not HTTP.
  const received = await exchange(t, port, `${get('/a').repeat(4000)}\0`);
  t.is(received.match(/HTTP\/1\.1/g)?.length, 1);
  t.regex(received, /^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*\r\n\/a\n$/s);
  t.is(port.answers(), 1);
  await waitFor('the connection is closed here, too', () => port.connections() === 0);
});

test('methods, failures and what is no request', async (t) => {
  const port = await open(t);
  t.is((await call(port, '/a', { method: 'HEAD' })).text, '');
  t.is((await call(port, '/a', { body: 'b'.repeat(1000) })).text, '/a\n');
  const failed = await call(port, '/fails');
  t.deepEqual([failed.status, failed.text], [500, 'Error: no answer\n']);
  t.regex(await exchange(t, port, 'no HTTP\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request\r\n/);
  t.regex(await exchange(t, port, `GET /${'a'.repeat(20_000)}`), /^HTTP\/1\.1 431 /);
});

test('headers that do not end get 408, and so does a client that says nothing', async (t) => {
  const port = await open(t, { timeout: 2000 });
  const connections = [await connectRaw(t, port), await connectRaw(t, port)];
  connections[0]?.send('GET /a HTTP/1.1\r\nHost:');
  for (const { closed } of connections) t.regex(await closed(), /^HTTP\/1\.1 408 Request Timeout\r\n/);
  t.is(port.answers(), 0);
});

test('a client that takes nothing is reset', async (t) => {
  const port = await open(t, { timeout: 2000 });
  const { socket, send } = await connectRaw(t, port);
  socket.pause();
  const resets: (string | undefined)[] = [];
  socket.on('error', ({ code }: NodeJS.ErrnoException) => resets.push(code));
  send(get('/large').repeat(50));
  await waitFor('it is closed here', () => port.answers() === 1 && port.connections() === 0);
  socket.resume();
  await waitFor('it is closed there', () => socket.destroyed);
  t.deepEqual(resets, ['ECONNRESET']);
  t.is(port.answers(), 1);
});

test('a client that stays after its answer, or whose body does not end, is reset in the end', async (t) => {
  const port = await open(t, { timeout: 2000 });
  for (const text of [get('/a'), 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n']) {
    const { until, send } = await connectRaw(t, port, { allowHalfOpen: true });
    send(text);
    await until(/\r\n\/a\n$/);
    t.is(port.connections(), 1, 'its client may still take the answer');
    await waitFor('it is closed here', () => port.connections() === 0);
  }
});

test('with too many connections the oldest are reset, whatever they do, and new ones are answered', async (t) => {
  const port = await open(t, { mostConnections: 8 });
  const sent = ['', 'GET', get('/large').repeat(100)];
  for (let i = 0; i < 30; i++) {
    const { socket, send } = await connectRaw(t, port);
    socket.pause();
    send(sent[i % sent.length] ?? '');
    // A connection that is accepted last takes the place of the oldest.
    if (i % 5 === 0) t.is((await call(port, '/livez')).text, '/livez\n');
    t.true(port.connections() <= 9, `${port.connections()} connections`);
  }
  await waitFor('the oldest are closed', () => port.connections() <= 8);
  t.true(port.answers() <= 16, `${port.answers()} answers`);
});

test('a connection that is reset while it ends is closed', async (t) => {
  const port = await open(t, { mostConnections: 1 });
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => other.close());
  const one = await connectRaw(t, port, { allowHalfOpen: true });
  const accepted = once(other, 'connection');
  await connectRaw(t, other.address() as AddressInfo);
  const [next] = await accepted;
  const ended = new Promise<void>((resolve) => {
    port.server.once('request', (_request, response) => response.once('finish', resolve));
  });
  one.send(get('/a'));
  await ended;
  port.server.emit('connection', next);
  await waitFor('the oldest is closed', () => port.connections() === 1);
  t.pass();
});

test('the server closes while clients hold its connections', async (t) => {
  const port = await open(t);
  for (const text of ['', get('/large'), get('/small')]) {
    const { socket, send } = await connectRaw(t, port, { allowHalfOpen: true });
    socket.pause();
    send(text);
  }
  await waitFor('they are answered', () => port.answers() === 2);
  const closed = once(port.server, 'close');
  port.server.close();
  port.server.closeAllConnections();
  await closed;
  await waitFor('they are closed', () => port.connections() === 0);
  t.pass();
});
