/** What a client sends ahead, and what it may make the service hold. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import test from 'ava';
import { listen } from '../../../test-support/network/listen.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { retire } from '../../src/flow-control/connection-marks.ts';
import { oneAtATime } from '../../src/server/pipelining.ts';
import { noSpans } from '../../src/store/spans.ts';
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

test('what all clients together send ahead is bounded, and those who send most are cut', async (t) => {
  let requests = 0;
  // It answers nothing.
  const listener = oneAtATime(() => {}, noSpans);
  const server = createServer((request, response) => {
    requests++;
    listener(request, response);
  });
  t.teardown(() => server.close());
  const port = await listen(server);
  const connections = await Promise.all(Array.from({ length: 60 }, () => connectRaw(t, { port })));
  const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  await waitFor('all are connected', async () => (await open()) === connections.length);
  for (const { socket } of connections) socket.pause();
  for (const connection of connections) connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
  await waitFor('those without room are cut', async () => (await open()) < 25);
  const left = await open();
  t.true(left >= 10, `${left} of those that had room stay`);
  // Each that is cut may bring its few, the one that finds no room, and the one at which its parser stops.
  t.true(requests <= 10_000 + 7 * connections.length, `${requests} became requests`);
  // Who sends few ahead is served.
  const few = await connectRaw(t, { port });
  const seen = requests;
  few.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5));
  await waitFor('few more are taken', () => requests === seen + 5);
  t.is(await open(), left + 1);
  for (const { socket } of [...connections, few]) socket.destroy();
  await waitFor('all are gone', async () => (await open()) === 0);
  // Room is there again.
  const later = await connectRaw(t, { port });
  const before = requests;
  later.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
  await waitFor('they are taken', () => requests === before + 500);
  t.is(await open(), 1);
});

/** Requests without a server: `served` are the connections of those that got their turn. */
function withoutServer() {
  const served: Socket[] = [];
  const listener = oneAtATime(({ socket }) => void served.push(socket), noSpans);
  const ask = (socket: Socket) => listener({ socket } as IncomingMessage, { socket } as unknown as ServerResponse);
  return { served, ask };
}

test('a retired connection ends in place of its next request, be that waiting for its turn or come later', async (t) => {
  const { served, ask } = withoutServer();
  const [waiting, later] = [new Socket(), new Socket()];
  for (let i = 0; i < 101; i++) ask(waiting);
  for (const socket of [waiting, later]) retire(socket);
  ask(later);
  await waitFor('both have ended', () => waiting.destroyed && later.destroyed);
  t.is(served.length, 100);
  t.false(served.includes(later));
});

test('after a hundred requests of one connection in a row, others get their turn', async (t) => {
  const { served, ask } = withoutServer();
  const [greedy, other] = [new Socket(), new Socket()];
  for (let i = 0; i < 101; i++) ask(greedy);
  t.is(served.length, 100);
  ask(other);
  t.is(served.at(-1), other);
  await waitFor('the rest is served', () => served.length === 102);
  t.is(served.at(-1), greedy);
});
