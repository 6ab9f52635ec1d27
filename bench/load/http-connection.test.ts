import { createServer } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { HttpConnection } from './http-connection.ts';

async function connectionTo(t: ExecutionContext, seen: string[] = []): Promise<HttpConnection> {
  const server = createServer(async (request, response) => {
    const parts: string[] = [];
    for await (const part of request.setEncoding('utf8')) parts.push(part);
    seen.push(`${request.method} ${request.url} ${request.headers['x-more'] ?? ''} ${parts.join('')}`);
    if (request.url === '/chunked') {
      response.write('a first part, ');
      setImmediate(() => response.end('x'.repeat(200_000)));
    } else if (request.url === '/empty-chunked') {
      response.setHeader('Transfer-Encoding', 'chunked');
      response.end();
    } else {
      response.statusCode = request.url === '/missing' ? 404 : 200;
      response.end('x'.repeat(request.url === '/long' ? 300_000 : 10));
    }
  });
  const port = await listen(server);
  const connection = new HttpConnection(port);
  t.teardown(() => {
    connection.close();
    server.close();
    server.closeAllConnections();
  });
  return connection;
}

test('a connection takes each kind of answer to its end before the next request', async (t) => {
  const seen: string[] = [];
  const connection = await connectionTo(t, seen);
  for (const path of ['/short', '/chunked', '/long', '/empty-chunked', '/short']) {
    t.is(await connection.send({ path }), 200, path);
  }
  t.is(await connection.send({ path: '/long', method: 'HEAD' }), 200);
  t.is(await connection.send({ path: '/set', body: 'ü', headers: { 'X-More': 'yes' } }), 200);
  t.is(seen.at(-1), 'POST /set yes ü');
  t.is(seen.at(-2), 'HEAD /long  ');
  t.is(seen.length, 7);
});

test('an answer that is no success rejects, and the connection goes on', async (t) => {
  const connection = await connectionTo(t);
  await t.throwsAsync(() => connection.send({ path: '/missing' }), { message: 'Status 404' });
  t.is(await connection.send({ path: '/short' }), 200);
});
