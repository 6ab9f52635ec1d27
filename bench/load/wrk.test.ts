import { createServer } from 'node:http';
import test from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { gets, posts } from './requests.ts';
import { WrkSession } from './wrk.ts';

test('a slice counts what was answered in it, and leaves nothing under way', async (t) => {
  const seen = { GET: 0, POST: 0, paths: new Set<string | undefined>() };
  let underWay = 0;
  const server = createServer((request, response) => {
    underWay++;
    seen[request.method as 'GET' | 'POST']++;
    seen.paths.add(request.url);
    // Answers that overlap, and come in another turn than their requests.
    request.resume().once('end', () =>
      setImmediate(() => {
        underWay--;
        response.end('x');
      }),
    );
  });
  const port = await listen(server);
  t.teardown(() => server.close());
  const requests = [...gets(['/a', '/b']), ...posts('/c', ['{"a":1}'])];
  using session = await WrkSession.begin({ port, requests, connections: 7 });
  for (let i = 0; i < 10; i++) {
    t.is(underWay, 0);
    const before = seen.GET + seen.POST;
    const { answers, milliseconds } = await session.slice(20);
    t.is(seen.GET + seen.POST - before, answers);
    t.true(answers >= 7 && milliseconds >= 20);
  }
  t.deepEqual([...seen.paths].sort(), ['/a', '/b', '/c']);
  t.true(seen.POST > 0);
  const { p50, p99, errors } = await session.end();
  t.true(p50 > 0 && p99 >= p50);
  t.is(errors, 0);
});

test('failed requests are told', async (t) => {
  const server = createServer((_request, response) => response.writeHead(500).end());
  const port = await listen(server);
  t.teardown(() => server.close());
  using session = await WrkSession.begin({ port, requests: gets(['/']), connections: 2 });
  const { answers } = await session.slice(20);
  t.true((await session.end()).errors >= answers);
});

test('a server that is not there is told at once', async (t) => {
  await t.throwsAsync(WrkSession.begin({ port: 1, requests: gets(['/']), connections: 1 }), {
    message: /wrk has ended/,
  });
});
