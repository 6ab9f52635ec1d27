/**
 * Each request is counted once, with the time that a clock outside measures, whichever way it ends: from when its head is
 * there until the answer is done or the connection is gone.
 */
import { Problem } from '@kvstore/core/problem.ts';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Store } from '../../src/store/store.ts';
import { around } from '../support/around.ts';
import { call, set } from '../support/call.ts';
import { connectRaw, exchange } from '../support/raw-connection.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest, storeKinds } from '../support/store-kinds.ts';

const [embedded] = storeKinds as [(typeof storeKinds)[number]];

interface Counted {
  readonly count: number;
  readonly seconds: number;
}

/** What the histogram holds by method, route and status. */
async function counted({ registry }: Service): Promise<Map<string, Counted>> {
  const found = new Map<string, { count: number; seconds: number }>();
  const text = await registry.metrics();
  const line =
    /^http_server_request_duration_seconds_(count|sum)\{http_request_method="(\w+)",http_route="([^"]*)",http_response_status_code="(\d+)"\} (\S+)$/gm;
  for (const [, kind, method, route, status, value] of text.matchAll(line)) {
    const name = `${method} ${route} ${status}`;
    const entry = found.get(name) ?? { count: 0, seconds: 0 };
    if (kind === 'count') entry.count = Number(value);
    else entry.seconds = Number(value);
    found.set(name, entry);
  }
  return found;
}

/** How many problems were counted, by code; those alone that there were. */
async function problemsOf({ registry }: Service): Promise<Record<string, number>> {
  const found = (await registry.metrics()).matchAll(/^kvstore_http_problems_total\{code="([^"]*)"\} ([1-9]\d*)$/gm);
  return Object.fromEntries([...found].map(([, code = '', count]) => [code, Number(count)]));
}

/** A store whose reads and writes wait until they are let go. */
function held(store: Store) {
  const waiting: { go: () => void; fail: (problem: Problem) => void; since: number }[] = [];
  const gate = () => new Promise<void>((go, fail) => waiting.push({ go, fail, since: performance.now() }));
  return {
    waiting,
    store: around(store, { barrier: gate, set: async (...given) => gate().then(() => store.set(...given)) }),
  };
}

/** Milliseconds that a request is held for; long beside what a busy machine adds. */
const hold = 120;

const requests: Record<string, (service: Service) => Promise<unknown>> = {
  'GET /get/{key}': (service) => call(service, '/get/a'),
  'GET /get/{key} escaped': (service) => call(service, '/get/%61'),
  'GET /search': (service) => call(service, '/search?prefix=a'),
  'GET /': (service) => call(service, '/'),
  'POST /set': (service) => set(service, { a: 1 }),
  'POST /set with a condition': (service) => set(service, { b: 1 }, { headers: { 'If-None-Match': '*' } }),
};

async function start(t: ExecutionContext) {
  let gates: ReturnType<typeof held> | undefined;
  const service = await startService(t, embedded, {
    around: (store) => {
      gates = held(store);
      return gates.store;
    },
  });
  return { service, waiting: gates?.waiting ?? [] };
}

for (const [name, send] of Object.entries(requests)) {
  for (const outcome of ['answered', 'failed', 'left'] as const) {
    test(`${name} that waits and is ${outcome}`, async (t) => {
      const { service, waiting } = await start(t);
      const template = name.replace(/ (escaped|with a condition)$/, '');
      const sent = performance.now();
      const status = { answered: template === 'GET /get/{key}' ? 404 : 200, failed: 503, left: 499 }[outcome];
      let end: Promise<unknown>;
      if (outcome === 'left') {
        const body = name.startsWith('POST') ? '{"a":1}' : '';
        const target = {
          'GET /get/{key}': '/get/a',
          'GET /get/{key} escaped': '/get/%61',
          'GET /search': '/search?prefix=a',
          'GET /': '/',
        }[name];
        const condition = name.endsWith('condition') ? 'If-None-Match: *\r\n' : '';
        const head =
          target === undefined
            ? `POST /set HTTP/1.1\r\n${condition}Content-Length: ${body.length}`
            : `GET ${target} HTTP/1.1`;
        const connection = await connectRaw(t, service);
        connection.send(`${head}\r\nHost: x\r\n\r\n${body}`);
        end = (async () => {
          await waitFor('it is held', () => performance.now() - (waiting[0]?.since ?? Number.POSITIVE_INFINITY) > hold);
          connection.socket.destroy();
        })();
      } else {
        end = send(service);
      }
      await waitFor('it is held', () => performance.now() - (waiting[0]?.since ?? Number.POSITIVE_INFINITY) > hold);
      if (outcome === 'answered') waiting[0]?.go();
      if (outcome === 'failed') waiting[0]?.fail(new Problem('unavailable', 'No fresh read.'));
      await end;
      const found = async () => (await counted(service)).get(`${template} ${status}`);
      await waitFor('it is counted', async () => (await found())?.count === 1);
      const outside = (performance.now() - sent) / 1000;
      const { seconds = 0 } = (await found()) ?? {};
      t.true(seconds >= hold / 1000, `${seconds} s are less than it waited`);
      t.true(seconds <= outside, `${seconds} s are more than ${outside} s`);
      if (outcome === 'left') for (const { go } of waiting) go();
      t.is(
        [...(await counted(service)).values()].reduce((sum, { count }) => sum + count, 0),
        1,
        'counted once',
      );
      const text = await service.registry.metrics();
      t.regex(text, /^http_server_active_requests 0$/m);
    });
  }
}

contractTest('what is cut while it is streamed is counted as left, with its time', async (t, kind) => {
  const service = await startService(t, kind, { dumpCache: 0 });
  for (let i = 0; i < 20; i++) await set(service, { [`k${i}`]: 'x'.repeat(1_000_000) });
  const connection = await connectRaw(t, service);
  const sent = performance.now();
  // At once: while it looks for the head, all of the answer may come.
  connection.socket.once('data', () => connection.socket.pause());
  connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await connection.until(/^HTTP\/1\.1 200 /);
  await waitFor('it is stuck', () => performance.now() - sent > hold);
  connection.socket.destroy();
  await waitFor('it is counted', async () => (await counted(service)).get('GET / 499')?.count === 1);
  const { seconds = 0 } = (await counted(service)).get('GET / 499') ?? {};
  t.true(seconds >= (hold - 50) / 1000 && seconds <= (performance.now() - sent) / 1000, `${seconds} s`);
});

test('what the server itself refuses is counted with its status', async (t) => {
  const service = await startService(t, embedded);
  await exchange(t, service, 'rubbish\r\n\r\n');
  await exchange(t, service, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await exchange(t, service, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n');
  for (const status of [400, 431, 405]) {
    await waitFor(`${status} is counted`, async () => (await counted(service)).get(`_OTHER  ${status}`)?.count === 1);
  }
  t.deepEqual(await problemsOf(service), {
    'headers-too-large': 1,
    'invalid-request': 1,
    'method-not-allowed': 1,
  });
});

for (const [status, wrong] of [
  [408, '{"a":'],
  [400, 'zz\r\n'],
] as const) {
  test(`a request that is refused in the middle of its body, ${status}, ends with the answer, not with the connection`, async (t) => {
    // On a busy machine the head takes a while, too.
    const service = await startService(t, embedded, status === 408 ? { requestTimeout: 3000 } : {});
    const connection = await connectRaw(t, service, { allowHalfOpen: true });
    // The client keeps its side open, and the server waits a second for its end.
    let answered = 0;
    connection.socket.once('data', () => {
      answered = performance.now();
    });
    const sent = performance.now();
    const length = status === 408 ? 'Content-Length: 100' : 'Transfer-Encoding: chunked';
    connection.send(`POST /set HTTP/1.1\r\nHost: x\r\n${length}\r\n\r\n${wrong}`);
    await connection.until(new RegExp(`^HTTP/1\\.1 ${status} `));
    await waitFor('it is counted', async () => (await counted(service)).get(`POST /set ${status}`)?.count === 1);
    const { seconds = 0 } = (await counted(service)).get(`POST /set ${status}`) ?? {};
    t.true(seconds > 0 && seconds <= (answered - sent) / 1000, `${seconds} s, of ${answered - sent} ms`);
    t.is((await counted(service)).size, 1);
    const problems = await problemsOf(service);
    t.deepEqual(problems, { [status === 408 ? 'request-timeout' : 'invalid-request']: 1 });
  });
}

for (const [name, head, status] of [
  ['too large', 'POST /set HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5000000', 413],
  ['of HTTP/1.0', 'POST /set HTTP/1.0\r\nContent-Length: 5000000', 413],
  ['while the service drains', 'POST /unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 5000', 404],
  ['that asks for a head alone', 'HEAD /unknown HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5000', 404],
] as const) {
  test(`a request ${name} whose answer goes out before its body is there ends with the answer`, async (t) => {
    const service = await startService(t, embedded);
    if (name.includes('drains')) service.drain.begin();
    const connection = await connectRaw(t, service, { allowHalfOpen: true });
    connection.send(`${head}\r\n\r\n`);
    // Its connection stays for as long as some of the body comes.
    const sending = setInterval(() => connection.send('x'), 100);
    t.teardown(() => clearInterval(sending));
    await connection.until(new RegExp(`^HTTP/1\\.1 ${status} `));
    const sum = async () => [...(await counted(service)).values()].reduce((all, { count }) => all + count, 0);
    await waitFor('it is counted', async () => (await sum()) === 1);
    t.true([...(await counted(service)).keys()][0]?.endsWith(` ${status}`));
    t.false(connection.socket.readableEnded, 'the connection has not ended');
    connection.socket.destroy();
    await waitFor('no connection is left', async () =>
      /^http_server_open_connections 0$/m.test(await service.registry.metrics()),
    );
    t.is(await sum(), 1, 'once');
    t.regex(await service.registry.metrics(), /^http_server_active_requests 0$/m);
  });
}

for (const target of ['GET /get/a', 'GET /', 'POST /set'] as const) {
  test(`${target} whose client left while it waited is no answer, whatever comes of it`, async (t) => {
    const { service, waiting } = await start(t);
    for (let i = 0; i < 2; i++) {
      const connection = await connectRaw(t, service);
      const body = target === 'POST /set' ? '{"a":1}' : '';
      connection.send(`${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      await waitFor('it waits', () => waiting.length === i + 1);
      connection.socket.destroy();
      const left = `${target.replace('/a', '/{key}')} 499`;
      await waitFor('it is counted as left', async () => (await counted(service)).get(left)?.count === i + 1);
    }
    const [first, second] = waiting;
    const { seconds = 0 } = [...(await counted(service)).values()][0] ?? {};
    second?.go();
    first?.fail(new Problem('unavailable', 'No fresh read.'));
    await waitFor('it is logged', () => service.logged.length > 0);
    t.deepEqual(await problemsOf(service), {});
    t.is(service.logged.length, 1);
    t.like(service.logged[0], {
      'http.response.status_code': 499,
      'error.type': 'unavailable',
    });
    const logged = Number(service.logged[0]?.['http.server.request.duration']);
    t.true(logged <= seconds + 0.001, `${logged} s in the log, ${seconds} s were counted for both`);
  });
}

for (const [name, ahead] of [
  ['an answered request', 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a request that waits', 'GET /get/none?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n'],
] as const) {
  for (const [what, behind, status, code] of [
    ['no HTTP', 'rubbish\r\n\r\n', 400, 'invalid-request'],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'method-not-allowed'],
  ] as const) {
    test(`${what} behind ${name} is counted`, async (t) => {
      const service = await startService(t, embedded);
      await exchange(t, service, ahead + behind);
      await waitFor('it is counted', async () => (await counted(service)).get(`_OTHER  ${status}`)?.count === 1);
      t.deepEqual(await problemsOf(service), { [code]: 1 });
    });
  }
}

test('what is wrong with the body of a request that has its answer is not counted again', async (t) => {
  const service = await startService(t, embedded);
  const connection = await connectRaw(t, service);
  connection.send('POST /unknown HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  await connection.until(/^HTTP\/1\.1 404 /);
  connection.send('zz\r\n');
  await connection.closed();
  t.deepEqual([...(await counted(service)).keys()], ['POST  404']);
  t.deepEqual(await problemsOf(service), { 'unknown-path': 1 });
});

test('the time in the queue of admission belongs to a request, and is counted for itself', async (t) => {
  const service = await startService(t, embedded, { maxWait: 60_000 });
  const sent = performance.now();
  const posts = Array.from({ length: 300 }, (_, i) => set(service, { [`k${i}`]: 'x'.repeat(20_000) }));
  await Promise.all(posts);
  const outside = (performance.now() - sent) / 1000;
  const text = await service.registry.metrics();
  const number = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const { count = 0, seconds = 0 } = (await counted(service)).get('POST /set 200') ?? {};
  t.is(count, 300);
  t.true(number('kvstore_admission_wait_seconds_sum') <= seconds);
  t.true(seconds <= 300 * outside);
});

test('a watch is counted with the time that it took to begin, and when it is refused', async (t) => {
  const service = await startService(t, embedded, { watches: { maxWatches: 1 } });
  const first = await connectRaw(t, service);
  first.send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  await first.until(/: watching/);
  t.is((await call(service, '/watch')).status, 503);
  const found = await counted(service);
  t.is(found.get('GET /watch 200')?.count, 1);
  t.is(found.get('GET /watch 503')?.count, 1);
  first.socket.destroy();
  await waitFor('it is over', async () => /^kvstore_watches 0$/m.test(await service.registry.metrics()));
  t.is((await counted(service)).get('GET /watch 499'), undefined);
});
