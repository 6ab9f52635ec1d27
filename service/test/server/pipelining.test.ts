/** What a client sends ahead, and what it may make the service hold. */
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { around } from '../support/around.ts';
import { call } from '../support/call.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

const active = /^http_server_active_requests (\d+)$/m;

test('of what is sent ahead and not read, one answer is made, not all; then each in its order', async (t) => {
  let reads = 0;
  const service = await startService(t, kind, {
    answerCache: 0,
    around: (store) =>
      around(store, {
        get(key) {
          reads++;
          return store.get(key);
        },
      }),
  });
  const value = `"${'x'.repeat(900_000)}"`;
  await service.store.set([{ key: 'large', value }]);
  const many = 120;
  const ahead = await connectRaw(t, service);
  ahead.socket.pause();
  ahead.send('GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(many));
  await waitFor('reading has begun', () => reads > 0);
  const number = async () => Number(active.exec(await service.registry.metrics())?.[1]);
  await waitFor('they have arrived', async () => (await number()) > 60);
  // Others are served meanwhile, again and again, while nothing more of it is.
  for (let i = 0; i < 20; i++) t.is((await call(service, '/get/none')).status, 404);
  // The system keeps some of it for the connection.
  t.true(reads - 20 < 20, `${reads - 20} of ${many} were read`);
  let received = 0;
  ahead.socket.on('data', (text) => {
    received += String(text).length;
  });
  ahead.socket.resume();
  await waitFor('all are answered', () => received > many * value.length);
  t.is(reads, many + 20);
});

test('more than some hundred requests ahead are cut, of one connection or of all together; few of another are served', async (t) => {
  const service = await startService(t, kind);
  await service.store.set([{ key: 'large', value: `"${'x'.repeat(900_000)}"` }]);
  const ahead = async (count: number) => {
    const connection = await connectRaw(t, service);
    connection.socket.on('error', () => {});
    connection.socket.pause();
    connection.send('GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count));
    return connection;
  };
  await ahead(600);
  const open = /^http_server_open_connections 0$/m;
  await waitFor('it is cut', async () => open.test(await service.registry.metrics()));
  for (let i = 0; i < 60; i++) await ahead(250);
  const held = async () => Number(active.exec(await service.registry.metrics())?.[1]);
  await waitFor('many are held', async () => (await held()) > 4000);
  t.true((await held()) < 9000, `${await held()} are held`);
  const few = await connectRaw(t, service);
  few.send('GET /get/none HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(15));
  await waitFor('each is answered', () => few.received().split('HTTP/1.1 404').length > 15);
});

test('a client that leaves takes along what it sent ahead', async (t) => {
  const service = await startService(t, kind);
  await service.store.set([{ key: 'large', value: `"${'x'.repeat(900_000)}"` }]);
  const ahead = await connectRaw(t, service);
  ahead.socket.pause();
  ahead.send('GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
  await waitFor('they have arrived', async () => Number(active.exec(await service.registry.metrics())?.[1]) > 20);
  ahead.socket.destroy();
  const idle = /^http_server_active_requests 0$/m;
  await waitFor('nothing is being served', async () => idle.test(await service.registry.metrics()));
  t.is((await call(service, '/livez')).status, 200);
});

test('bodies that are sent ahead belong to their requests', async (t) => {
  const service = await startService(t, kind);
  const connection = await connectRaw(t, service);
  const sets = Array.from({ length: 50 }, (_, i) => {
    const body = JSON.stringify({ [`k${i}`]: 'x'.repeat(i * 100) });
    return `POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  connection.send(`${sets.join('')}GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  t.is((await connection.closed()).split('HTTP/1.1 200 OK').length - 1, 51);
  for (let i = 0; i < 50; i++) t.is(service.store.get(`k${i}`)?.value.length, i * 100 + 2);
});
