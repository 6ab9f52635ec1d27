/** GET /get/{key}?wait=: a read that is answered when its key changes. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import type { EtcdStore } from '../../../src/store/etcd/etcd-store.ts';
import { assertProblem } from '../../support/assert-problem.ts';
import { type Answer, call, set } from '../../support/call.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { connectRaw } from '../../support/raw-connection.ts';
import { samples } from '../../support/samples.ts';
import { type Service, startService } from '../../support/start-service.ts';
import { contractTest, storeKinds } from '../../support/store-kinds.ts';
import { bearer, digestOf, reader, someTokens, writer } from '../../support/tokens.ts';

const holding = (etag: string | undefined) => ({ headers: { 'If-None-Match': etag ?? '' } });
const waiting = async (service: Service) => (await samples(service)).get('kvstore_waiting_reads');
const allWait = (service: Service, count: number) =>
  waitFor(`${count} reads wait`, async () => (await waiting(service)) === count);
const outcomes = async (service: Service, outcome: string) =>
  (await samples(service)).get(`kvstore_waiting_reads_ended_total{outcome="${outcome}"}`);

contractTest('a read with an ETag is answered when the key is written, and shows the new value', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag } = (await set(service, { a: 1, other: 1 })).headers;
  for (const method of ['GET', 'HEAD']) {
    const before = (await call(service, '/get/a')).headers.etag;
    const answer = call(service, '/get/a?wait=60', { method, ...holding(before) });
    await allWait(service, 1);
    await set(service, { other: 2, a2: 1 });
    t.is(await waiting(service), 1, 'writes of other keys do not end it');
    const written = await set(service, { a: method });
    const { status, text, headers } = await answer;
    t.deepEqual([status, text], [200, method === 'HEAD' ? '' : `"${method}"`]);
    t.is(headers.etag, written.headers.etag);
    t.is(headers['content-length'], String(method.length + 2));
    t.not(headers.etag, etag);
  }
  t.is(await waiting(service), 0);
  t.is(await outcomes(service, 'changed'), 2);
});

contractTest('a read that has news for its client does not wait', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag } = (await set(service, { a: 1, gone: 1 })).headers;
  t.is((await call(service, '/get/a?wait=60')).text, '1', 'a client without an ETag');
  await set(service, { a: 2 });
  t.is((await call(service, '/get/a?wait=60', holding(etag))).text, '2', 'a client with an old ETag');
  await call(service, '/get/gone', { method: 'DELETE' });
  assertProblem(t, await call(service, '/get/gone?wait=60', holding(etag)), 'key-not-found');
  assertProblem(t, await call(service, '/get/gone?wait=60', holding('*')), 'key-not-found');
  const now = (await call(service, '/get/a')).headers.etag;
  t.is((await call(service, '/get/a?wait=0', holding(now))).status, 304);
  assertProblem(t, await call(service, '/get/gone?wait=0'), 'key-not-found');
});

contractTest('a deletion ends the wait with a 404', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag } = (await set(service, { a: 1 })).headers;
  const answers = [etag, '*', `"x", ${etag}`, `W/${etag}`].map((tags) =>
    call(service, '/get/a?wait=60', holding(tags)),
  );
  await allWait(service, answers.length);
  await call(service, '/get/a', { method: 'DELETE' });
  for (const answer of await Promise.all(answers)) assertProblem(t, answer, 'key-not-found');
});

contractTest('a read of a key that is not there waits until it is', async (t, kind) => {
  const service = await startService(t, kind);
  const answers = ['/get/a/b%20?wait=60', '/get/a%2Fb%20?consistency=stale&wait=60'].map((target) =>
    call(service, target),
  );
  await allWait(service, 2);
  await set(service, { 'a/b ': [1] });
  for (const answer of await Promise.all(answers)) t.is(answer.text, '[1]');
});

contractTest('If-Match holds for what the wait ends with, too', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag = '' } = (await set(service, { a: 1 })).headers;
  assertProblem(t, await call(service, '/get/no?wait=60', { headers: { 'If-Match': '*' } }), 'precondition-failed');
  const headers = { 'If-Match': etag, 'If-None-Match': etag };
  const answer = call(service, '/get/a?wait=60', { headers });
  await allWait(service, 1);
  await set(service, { a: 2 });
  assertProblem(t, await answer, 'precondition-failed');
});

contractTest('when the time is over, the answer is what it would have been without a wait', async (t, kind) => {
  const serverClock = new ManualClock();
  const service = await startService(t, kind, { serverClock });
  const { etag } = (await set(service, { a: 1 })).headers;
  const [unchanged, absent, longer] = [
    call(service, '/get/a?wait=2', holding(etag)),
    call(service, '/get/no?wait=2'),
    call(service, '/get/no?wait=60'),
  ];
  await allWait(service, 3);
  serverClock.pass(1999);
  t.is(await waiting(service), 3);
  serverClock.pass(1);
  const { status, headers, text } = await unchanged;
  t.deepEqual([status, headers.etag, text], [304, etag, '']);
  assertProblem(t, await absent, 'key-not-found');
  t.is(await waiting(service), 1);
  serverClock.pass(57_999);
  t.is(await waiting(service), 1);
  serverClock.pass(1);
  assertProblem(t, await longer, 'key-not-found');
  t.is(await outcomes(service, 'timeout'), 3);
  t.is(serverClock.waiting, 0);
});

contractTest('what no wait can be is refused', async (t, kind) => {
  const service = await startService(t, kind);
  for (const wait of ['wait=', 'wait=-1', 'wait=61', 'wait=1.5', 'wait=x', 'wait=1&wait=2', 'wait=1e1', 'Wait=1']) {
    assertProblem(t, await call(service, `/get/a?${wait}`), 'invalid-query');
  }
  assertProblem(t, await call(service, '/get?wait=1', { body: '["a"]' }), 'invalid-query');
  assertProblem(t, await call(service, '/search?prefix=a&wait=1'), 'invalid-query');
});

contractTest('no change is missed by a client that asks again and again', async (t, kind) => {
  const service = await startService(t, kind);
  const last = 60;
  const follow = async () => {
    let [etag, value] = [undefined as string | undefined, 0];
    while (value < last) {
      const answer: Answer = await call(service, '/get/n?wait=60', etag === undefined ? {} : holding(etag));
      t.is(answer.status, 200);
      t.true(Number(answer.text) > value, 'each answer is newer');
      [etag, value] = [answer.headers.etag, Number(answer.text)];
    }
    return value;
  };
  const followers = Array.from({ length: 5 }, follow);
  for (let n = 1; n <= last; n++) await set(service, { n, [`other${n % 3}`]: n });
  t.deepEqual(await Promise.all(followers), [last, last, last, last, last]);
});

contractTest('many that wait for one key are all answered', async (t, kind) => {
  const service = await startService(t, kind, { watches: { maxWatches: 500 } });
  const answers = Array.from({ length: 300 }, () => call(service, '/get/a?wait=60'));
  await allWait(service, 300);
  await set(service, { a: 'x'.repeat(20_000) });
  const texts = (await Promise.all(answers)).map(({ status, text }) => `${status} ${text.length}`);
  t.deepEqual([...new Set(texts)], ['200 20002']);
  t.is(await waiting(service), 0);
});

contractTest('a server that shuts down answers those that wait at once', async (t, kind) => {
  const serverClock = new ManualClock();
  const service = await startService(t, kind, { serverClock });
  const { etag } = (await set(service, { a: 1 })).headers;
  const answers = [call(service, '/get/a?wait=60', holding(etag)), call(service, '/get/no?wait=60')];
  await allWait(service, 2);
  service.drain.begin();
  const [unchanged, absent] = (await Promise.all(answers)) as [Answer, Answer];
  t.is(unchanged.status, 304);
  t.is(unchanged.headers.connection, 'close');
  assertProblem(t, absent, 'key-not-found');
  t.is(await outcomes(service, 'shutdown'), 2);
  const late = call(service, '/get/a?wait=60', holding(etag));
  await allWait(service, 1);
  serverClock.pass(1000);
  t.is((await late).status, 304, 'one that comes later waits for a second');
});

contractTest('a client that leaves frees its place', async (t, kind) => {
  const service = await startService(t, kind, { watches: { maxWatches: 2 } });
  for (let i = 0; i < 3; i++) {
    const connections = [await connectRaw(t, service), await connectRaw(t, service)];
    for (const { send } of connections) send('GET /get/a?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n');
    await allWait(service, 2);
    for (const { socket } of connections) socket.destroy();
    await allWait(service, 0);
  }
  t.is(await outcomes(service, 'left'), 6);
});

contractTest('reads that wait and watches share one limit', async (t, kind) => {
  const service = await startService(t, kind, { watches: { maxWatches: 1 } });
  const answer = call(service, '/get/a?wait=60');
  await allWait(service, 1);
  assertProblem(t, await call(service, '/get/b?wait=60'), 'overloaded');
  assertProblem(t, await call(service, '/watch'), 'overloaded');
  assertProblem(t, await call(service, '/get/b'), 'key-not-found');
  await set(service, { a: 1 });
  t.is((await answer).text, '1');
  const watch = await connectRaw(t, service);
  watch.send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  await watch.until(/: watching/);
  assertProblem(t, await call(service, '/get/b?wait=60'), 'overloaded');
  t.is((await call(service, '/get/a?wait=60')).text, '1', 'news needs no place');
});

contractTest('time to live: a key that expires has changed', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag } = (await call(service, '/set?ttl=1', { body: '{"a":1}' })).headers;
  assertProblem(t, await call(service, '/get/a?wait=60', holding(etag)), 'key-not-found');
});

test('a key that expires is gone at its deadline, however long its removal takes', async (t) => {
  const clock = new ManualClock();
  const [kind] = storeKinds as [(typeof storeKinds)[number]];
  const service = await startService(t, kind, {
    serverClock: clock,
    around: (store) => {
      const deadline = clock.wall() + 5000;
      return {
        ...Object.fromEntries(['revision', 'timeline', 'watch', 'barrier'].map((name) => [name, bound(store, name)])),
        lastExpired: () => undefined,
        get: () => (clock.wall() < deadline ? { value: '1', version: 1 } : undefined),
        expires: () => deadline,
        notReady: () => undefined,
      } as unknown as typeof store;
    },
  });
  const { etag } = (await call(service, '/get/a')).headers;
  const answer = call(service, '/get/a?wait=60', holding(etag));
  await waitFor('it waits', () => clock.waiting === 2);
  clock.pass(4999);
  t.is(await waiting(service), 1);
  clock.pass(1);
  assertProblem(t, await answer, 'key-not-found');
  t.is(clock.waiting, 0);
});

contractTest('a key that expires in ten years is no reason to look again and again', async (t, kind) => {
  const clock = new ManualClock();
  const timers: number[] = [];
  const after = clock.after.bind(clock);
  clock.after = (milliseconds, callback) => {
    timers.push(milliseconds);
    return after(milliseconds, callback);
  };
  const service = await startService(t, kind, { serverClock: clock });
  const { etag } = (await call(service, '/set?ttl=315360000', { body: '{"a":1}' })).headers;
  timers.length = 0;
  const answer = call(service, '/get/a?wait=60', holding(etag));
  await allWait(service, 1);
  t.deepEqual(timers, [60_000], 'one timer, that of the wait');
  await set(service, { a: 2 });
  t.is((await answer).text, '2');
});

for (const kind of storeKinds.filter(({ name }) => name === 'etcd')) {
  test('etcd: a wait goes on over a sync with etcd, and misses nothing of it', async (t) => {
    const service = await startService(t, kind);
    const store = service.store as EtcdStore;
    for (let i = 0; i < 3; i++) {
      const { etag } = (await set(service, { a: i, b: i })).headers;
      const [first, second] = ['a', 'b'].map((key) => call(service, `/get/${key}?wait=60`, holding(etag)));
      await allWait(service, 2);
      store.damaged();
      // While the index is read anew.
      await set(service, { a: 'new' });
      t.is((await first)?.text, '"new"');
      await waitFor('it is synced', () => store.notReady() === undefined);
      await allWait(service, 1);
      await set(service, { b: 'new' });
      t.is((await second)?.text, '"new"');
    }
  });
}

contractTest('a token that is withdrawn ends the waits of its holder', async (t, kind) => {
  const file = join(temporaryFolder(t), 'tokens');
  const clock = new ManualClock();
  const tokens = await someTokens(t, { file, clock });
  const service = await startService(t, kind, { tokens, metricsPort: 0 });
  const asked = (token: string) => call(service, '/get/a?wait=60', { headers: bearer(token) });
  const [ended, stays] = [asked(reader), asked(writer)];
  const gauge = async () => (await samples({ ...service, port: service.metricsPort as number })).get(waitingGauge);
  await waitFor('both wait', async () => (await gauge()) === 2);
  await writeFile(`${file}.new`, `rw shop ${digestOf(writer)}\n`);
  await rename(`${file}.new`, file);
  await waitFor('the file is read', async () => {
    clock.pass(10_000);
    return (await gauge()) === 1;
  });
  const answer = await ended;
  assertProblem(t, answer, 'unauthorized');
  t.regex(answer.headers['www-authenticate'] ?? '', /invalid_token/);
  await set(service, { a: 1 }, { headers: bearer(writer) });
  t.is((await stays).text, '1');
});

const waitingGauge = 'kvstore_waiting_reads';

test('the time of a wait is not in the duration, nor is the request active meanwhile', async (t) => {
  const [kind] = storeKinds as [(typeof storeKinds)[number]];
  const service = await startService(t, kind);
  const sent = performance.now();
  const answer = call(service, '/get/a?wait=60');
  await allWait(service, 1);
  t.is((await samples(service)).get('http_server_active_requests'), 1, 'the scrape alone');
  // Long beside what a read takes.
  await waitFor('it has waited for a while', () => performance.now() - sent > 300);
  await set(service, { a: 1 });
  t.is((await answer).status, 200);
  const took = (performance.now() - sent) / 1000;
  const labels = 'http_request_method="GET",http_route="/get/{key}",http_response_status_code="200"';
  const found = await samples(service);
  t.is(found.get(`http_server_request_duration_seconds_count{${labels}}`), 1);
  const seconds = found.get(`http_server_request_duration_seconds_sum{${labels}}`) ?? Number.NaN;
  t.true(seconds < took - 0.2, `${seconds} s of ${took} s`);
  t.is(found.get('http_server_active_requests'), 1);
});

test('limits of idle connections and slow clients let a wait go on', async (t) => {
  const [kind] = storeKinds as [(typeof storeKinds)[number]];
  const service = await startService(t, kind, { stallTimeout: 50, keepAliveTimeout: 50, minRate: 1 << 20 });
  const answer = call(service, '/get/a?wait=60', { headers: { Connection: 'keep-alive' } });
  await waitFor('it waits', async () => /^kvstore_waiting_reads 1$/m.test(await service.registry.metrics()));
  const since = performance.now();
  await waitFor('all of them have passed', () => performance.now() - since > 500);
  await set(service, { a: 1 });
  t.is((await answer).text, '1');
});

test('fetch() gets a 304: the Cache-Control that it adds is for caches', async (t) => {
  const [kind] = storeKinds as [(typeof storeKinds)[number]];
  const service = await startService(t, kind);
  const { etag = '' } = (await set(service, { a: 1 })).headers;
  for (const target of ['get/a', '', 'search?prefix=a']) {
    const answer = await fetch(`http://127.0.0.1:${service.port}/${target}`, { headers: { 'If-None-Match': etag } });
    t.is(answer.status, 304, target);
  }
});

function bound(store: object, name: string): unknown {
  return (store as Record<string, (...given: unknown[]) => unknown>)[name]?.bind(store);
}
