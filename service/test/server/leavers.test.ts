/** Clients that leave at the worst moment: nothing that was taken for them stays taken. */
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { systemClock } from '../../src/store/clock.ts';
import type { Store } from '../../src/store/store.ts';
import { around } from '../support/around.ts';
import { call, set } from '../support/call.ts';
import { connectRaw, exchange } from '../support/raw-connection.ts';
import { type ServiceOptions, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];
const active = /^http_server_active_requests (\d+)$/m;

/** A service that holds its barriers, once the test says so, until the test lets them go. */
async function startHeld(t: ExecutionContext, options: ServiceOptions = {}) {
  const waiting: (() => void)[] = [];
  let hold = false;
  const service = await startService(t, kind, {
    ...options,
    around: (store: Store) =>
      Object.assign(around(store, {}), {
        ...(store.listen === undefined ? {} : { listen: store.listen.bind(store) }),
        barrier: () => (hold ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined),
      }),
  });
  const gone = async () => Number(active.exec(await service.registry.metrics())?.[1]) === 0;
  return {
    service,
    waiting,
    hold(on: boolean) {
      hold = on;
      if (!on) for (const go of waiting.splice(0)) go();
    },
    /** Sends the request, waits until it is held, and leaves. */
    async leave(target: string) {
      const connection = await connectRaw(t, service);
      const before = waiting.length;
      connection.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await waitFor('it is held', () => waiting.length > before);
      connection.socket.destroy();
    },
    gone: () => waitFor('they have left', gone),
  };
}

test('watches whose clients left before they began do not count', async (t) => {
  const { service, hold, leave, gone } = await startHeld(t, { watches: { maxWatches: 3 } });
  hold(true);
  for (let i = 0; i < 3; i++) await leave('/watch');
  await gone();
  hold(false);
  await new Promise(setImmediate);
  t.regex(await service.registry.metrics(), /^kvstore_watches 0$/m);
  const watch = await connectRaw(t, service);
  watch.send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  t.regex(await watch.until(/: watching/), /^HTTP\/1\.1 200 /);
});

test('dumps that are ready are given back when their client has left', async (t) => {
  const dumpCache = 1 << 20;
  const { service, hold, leave, gone } = await startHeld(t, { dumpCache });
  const pairs = { large: 'x'.repeat(400_000) };
  await set(service, pairs);
  const ready = async () => (await call(service, '/')).headers['content-length'] !== undefined;
  await waitFor('the dump is ready', ready);
  // More than the cache lets clients hold, each of another revision.
  for (let i = 0; i < 15; i++) {
    await set(service, { large: 'x'.repeat(400_000 + i) });
    await waitFor('it is ready again', ready);
    hold(true);
    await leave('/');
    await gone();
    hold(false);
    await new Promise(setImmediate);
  }
  t.true(await ready());
});

test('a watch that waits when the server begins to shut down does not begin', async (t) => {
  const { service, hold, waiting } = await startHeld(t);
  hold(true);
  const watch = await connectRaw(t, service);
  watch.send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it is held', () => waiting.length === 1);
  service.drain.begin();
  hold(false);
  t.regex(await watch.until(/"code":"unavailable"/), /^HTTP\/1\.1 503 /);
});

test('a client that asks for a tunnel and resets the connection ends nothing but that', async (t) => {
  const service = await startService(t, kind);
  for (const delay of [0, 1, 5]) {
    const connection = await connectRaw(t, service);
    connection.send('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n');
    if (delay > 0) await connection.until(/405/);
    connection.socket.resetAndDestroy();
  }
  t.is((await call(service, '/livez')).status, 200);
});

test('what is no HTTP behind a request is never the answer to that request', async (t) => {
  const service = await startService(t, kind);
  const post = 'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{"a":1}';
  for (const rest of ['xx\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const text = await exchange(t, service, post + rest);
    t.notRegex(text, /^HTTP\/1\.1 4/, rest);
  }
  await waitFor('it was written', () => service.store.get('a') !== undefined);
  // Answered before its body has come: the rest of it is not answered again.
  const early = await startService(t, kind, { requestTimeout: 300, headersTimeout: 300 });
  const text = await exchange(t, early, 'GET /get/none HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n');
  t.is(text.split('HTTP/1.1 ').length - 1, 1, text);
  t.regex(text, /^HTTP\/1\.1 404 /);
});

test('more requests than a connection may send ahead end it', async (t) => {
  // Those behind a watch are not read on, so that the head of one of them never becomes whole.
  const service = await startService(t, kind, { headersTimeout: 3000 });
  const connection = await connectRaw(t, service);
  connection.send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  await connection.until(/: watching/);
  connection.send('GET /get/none HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10_000));
  t.notRegex(await connection.closed(), / 404 /);
  await waitFor('nothing of it is left', async () =>
    /^http_server_active_requests 0$/m.test(await service.registry.metrics()),
  );
});

test('a client that reads slowly, but reads, is not taken for one that takes nothing', async (t) => {
  // The system's buffers hold megabytes: what the client takes shows on this side in large steps.
  const stallTimeout = 2000;
  let taken = 0;
  let looks = 0;
  // Time goes on by what the client takes, 4 MiB a second: how fast this machine is makes no difference.
  const serverClock = {
    ...systemClock,
    now: () => {
      looks++;
      return taken / 4096;
    },
  };
  const service = await startService(t, kind, { stallTimeout, maxBody: 32 << 20, serverClock });
  const value = JSON.stringify('x'.repeat(12 << 20));
  await service.store.set([{ key: 'large', value }]);
  const connection = await connectRaw(t, service);
  const { socket } = connection;
  socket.on('data', ({ length }) => {
    taken += length;
    socket.pause();
    setTimeout(() => socket.resume(), 15);
  });
  looks = 0;
  connection.send('GET /get/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const text = await connection.closed();
  t.true(text.endsWith(value.slice(-100)) && text.length > value.length, `${text.length} characters`);
  t.true(looks > 2, 'it was looked at');
  t.true(serverClock.now() > stallTimeout, 'it took longer than one may take nothing');
});
