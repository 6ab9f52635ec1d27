/**
 * What every plain read makes beside its answer, counted: a promise, a timer or a turn more is processor time on every
 * machine. How much it is, `npm run bench` says.
 */
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { set } from '../support/call.ts';
import { type Service, startService } from '../support/start-service.ts';
import { type StoreKind, storeKinds } from '../support/store-kinds.ts';

/** As node:async_hooks names them. */
const kinds = ['Immediate', 'PROMISE', 'Timeout', 'ZLIB'] as const;

/** What each read makes at the most: node:http one timer, Koa two promises, the first search of a turn of the event loop one immediate. */
const get = { Immediate: 0, PROMISE: 2, Timeout: 1, ZLIB: 0 };
const search = { ...get, Immediate: 1 };
const reads = {
  '/get/a1': get,
  '/get/a1?consistency=stale': get,
  '/search?prefix=a': search,
  '/search?suffix=1&consistency=stale': search,
  '/search?prefix=a&suffix=1&values=true': search,
};

const requests = 100;

/** The least that one of a hundred reads makes: what others make now and then, such as the next second's date, is not the read's. */
async function made(
  t: ExecutionContext,
  { port }: Service,
  path: string,
  header = 'Accept: */*',
): Promise<Record<string, number>> {
  const socket = connect({ port, host: '127.0.0.1' });
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  const counts = new Map<string, number>();
  const least = new Map<string, number>(kinds.map((kind) => [kind, Number.POSITIVE_INFINITY]));
  const hook = createHook({ init: (_id, type) => void counts.set(type, (counts.get(type) ?? 0) + 1) }).enable();
  t.teardown(() => hook.disable());
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = requests;
  const ask = () => socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`);
  socket.on('data', (data) => {
    t.true(data.toString('latin1').startsWith('HTTP/1.1 200'));
    for (const kind of kinds) least.set(kind, Math.min(least.get(kind) ?? 0, counts.get(kind) ?? 0));
    counts.clear();
    if (--left === 0) resolve();
    else ask();
  });
  ask();
  await promise;
  return Object.fromEntries(least);
}

for (const [path, most] of Object.entries(reads)) {
  for (const answerCache of [32 << 20, 0]) {
    test.serial(`${path} with ${answerCache} bytes of kept answers`, async (t) => {
      const service = await startService(t, storeKinds[0] as StoreKind, { answerCache });
      await set(service, { a1: 1, a2: 2, b1: 3 });
      const found = await made(t, service, path);
      for (const kind of kinds) t.true((found[kind] ?? 0) <= most[kind], `${kind}: ${found[kind]}`);
    });
  }
}

test.serial('a search that is kept, of a client that takes codings, compresses nothing', async (t) => {
  const service = await startService(t, storeKinds[0] as StoreKind);
  await set(service, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a-key-of-some-length-${i}`, i])));
  for (const path of ['/search?prefix=a', '/search?suffix=1&prefix=a', '/search?prefix=a&values=true']) {
    const found = await made(t, service, path, 'Accept-Encoding: gzip, deflate, br, zstd');
    t.is(found.ZLIB, 0, path);
  }
});
