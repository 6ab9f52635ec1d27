/** Clients that take a long answer slowly: what they keep from being used again is bounded, and patience is kept. */
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { call, set } from '../support/call.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { samples } from '../support/samples.ts';
import { type Service, type ServiceOptions, startService } from '../support/start-service.ts';
import { contractTest, storeKinds } from '../support/store-kinds.ts';

const [embedded] = storeKinds as [(typeof storeKinds)[number]];
const mebibyte = 1024 ** 2;
const bytesOf = async (service: Service) => (await samples(service)).get('kvstore_index_bytes') ?? Number.NaN;
const cuts = async (service: Service) =>
  (await samples(service)).get('kvstore_http_problems_total{code="slow-consumer"}') ?? 0;

/** More than the system's buffers hold, so that it is still being read while the client takes nothing. */
async function startFilled(t: ExecutionContext, kind: (typeof storeKinds)[number], options: ServiceOptions) {
  const service = await startService(t, kind, { dumpCache: 0, stallTimeout: 600_000, ...options });
  for (let i = 0; i < 30; i++) await set(service, { [`k${i}`]: 'x'.repeat(900_000) });
  return service;
}

/** Asks for everything and reads none of it. */
async function readNothing(t: ExecutionContext, service: Service) {
  const connection = await connectRaw(t, service);
  connection.socket.pause();
  connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it is under way', async () => (await samples(service)).get('http_server_active_requests') === 2);
  return connection;
}

contractTest('the data file grows by no more than the limit for a client that takes nothing', async (t, kind) => {
  const maxGrowth = 10 * mebibyte;
  const service = await startFilled(t, kind, { snapshotMaxGrowth: maxGrowth });
  const before = await bytesOf(service);
  const reader = await readNothing(t, service);
  const value = 'y'.repeat(500_000);
  let most = 0;
  await waitFor('it is cut', async () => {
    await set(service, { hot: value });
    await setImmediate();
    most = Math.max(most, (await samples(service)).get('kvstore_snapshot_growth_bytes') ?? 0);
    return (await cuts(service)) === 1;
  });
  // The look that cuts it may come right behind the write that goes beyond the limit.
  t.true(most > maxGrowth / 2, 'growth is shown while it grows');
  t.is((await samples(service)).get('kvstore_snapshot_growth_bytes'), 0);
  reader.socket.resume();
  t.false((await reader.closed()).endsWith('0\r\n\r\n'), 'the client sees that the answer is not whole');
  const after = await bytesOf(service);
  t.true(after > before + maxGrowth);
  for (let i = 0; i < 60; i++) await set(service, { hot: value });
  t.true((await bytesOf(service)) < after + maxGrowth, 'pages are used again');
});

test('a slow client is not cut while nothing grows, and gets everything', async (t) => {
  const service = await startFilled(t, embedded, { snapshotMaxGrowth: 1 });
  const whole = (await call(service, '/')).text;
  const connection = await connectRaw(t, service);
  const { socket } = connection;
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 5);
  });
  connection.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const text = await connection.closed();
  t.true(text.endsWith('0\r\n\r\n') && text.length > whole.length);
  t.is(await cuts(service), 0);
});

test('an answer ends when its snapshot is too old', async (t) => {
  const service = await startFilled(t, embedded, { snapshotMaxAge: 50 });
  const reader = await readNothing(t, service);
  await waitFor('it is cut', async () => (await cuts(service)) === 1);
  reader.socket.resume();
  t.false((await reader.closed()).endsWith('0\r\n\r\n'));
});

test('a client that takes less than the least rate is cut, and one that takes more is not', async (t) => {
  const slowly = async (service: Service) => {
    const connection = await connectRaw(t, service);
    const { socket } = connection;
    socket.on('data', () => {
      socket.pause();
      setTimeout(() => socket.resume(), 15);
    });
    connection.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    return (await connection.closed()).endsWith('0\r\n\r\n');
  };
  const strict = await startFilled(t, embedded, { stallTimeout: 2000, minRate: 1024 * mebibyte });
  t.false(await slowly(strict));
  const lenient = await startFilled(t, embedded, { stallTimeout: 2000, minRate: 4096 });
  t.true(await slowly(lenient));
});
