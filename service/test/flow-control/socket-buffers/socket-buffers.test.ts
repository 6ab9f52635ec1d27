/** What the system holds for clients that take nothing. */
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { SocketBuffers } from '../../../src/flow-control/socket-buffers/socket-buffers.ts';
import { call, set } from '../../support/call.ts';
import { openEvents } from '../../support/event-stream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { connectRaw } from '../../support/raw-connection.ts';
import { errorsIn, type ServiceOptions, startService } from '../../support/start-service.ts';
import { storeKinds } from '../../support/store-kinds.ts';
import { heldFrom } from '../../support/system-queues.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];
const mebibyte = 1024 ** 2;
const most = 8 * mebibyte;

interface Connection {
  /** Bytes that are not confirmed. */
  held: number;
  /** Bytes that were written so far. */
  written: number;
}

/** Connections by name, as the system would show them. */
function simulated(connections: Record<string, Connection>, unread = () => 0) {
  const clock = new ManualClock();
  const server = Object.assign(new EventEmitter(), { listening: true });
  const sockets: Socket[] = [];
  const cut: string[] = [];
  const names = Object.keys(connections);
  const of = (name: string) => connections[name] as Connection;
  const buffers = new SocketBuffers({
    stallTimeout: 30_000,
    ...{
      most,
      clock,
      held: () => names.reduce((sum, name) => sum + (cut.includes(name) ? 0 : of(name).held), unread()),
    },
    unconfirmed: async () => new Map(names.map((name, i) => [String(i), of(name).held])),
    inode: (socket) => String(names.indexOf((socket as unknown as { name: string }).name)),
    close: () => {},
    cut: (socket) => cut.push((socket as unknown as { name: string }).name),
  });
  buffers.watch(server as unknown as Server);
  for (const name of names) {
    const socket = Object.assign(new Socket(), { name });
    sockets.push(socket);
    Object.defineProperty(socket, 'bytesWritten', { get: () => of(name).written });
    server.emit('connection', socket);
  }
  /** As much time as until the next look, and the look. */
  const pass = async () => {
    clock.pass(50);
    await new Promise(setImmediate);
  };
  return { buffers, cut, pass, clock, sockets };
}

test('nothing is done until they hold too much', async (t) => {
  const connections = { a: { held: most, written: most } };
  const { buffers, cut, pass } = simulated(connections);
  buffers.sent(mebibyte);
  t.false(buffers.isFull);
  connections.a.held++;
  buffers.sent(mebibyte - 1);
  t.false(buffers.isFull, 'too little was sent for a look');
  await pass();
  buffers.sent(1);
  t.true(buffers.isFull);
  connections.a.held = 0;
  await pass();
  t.false(buffers.isFull, 'it has been taken');
  t.deepEqual(cut, []);
});

const mib = (held: number): Connection => ({ held: held * mebibyte, written: held * mebibyte });

/** Time passes until something has been cut, for so many looks at the most; `takes` takes something before each. */
async function untilCut(
  { cut, pass }: ReturnType<typeof simulated>,
  takes: Connection,
  looks: number,
): Promise<number> {
  const before = cut.length;
  for (let i = 1; i <= looks; i++) {
    takes.written += 1000;
    await pass();
    if (cut.length > before) return i;
  }
  return Number.POSITIVE_INFINITY;
}

test('of those that take nothing the ones that hold most are cut, and no more than has to be', async (t) => {
  const connections = { little: mib(2), much: mib(6), tiny: mib(1), takes: mib(1) };
  const all = simulated(connections);
  all.buffers.sent(mebibyte);
  t.true(all.buffers.isFull);
  const looks = await untilCut(all, connections.takes, 20);
  t.true(looks >= 4, 'they have 200 ms');
  t.deepEqual(all.cut, ['much']);
  await all.pass();
  t.false(all.buffers.isFull);
});

test('while they hold twice as much as they may, who takes nothing from one look to the next is cut', async (t) => {
  const connections = { much: mib(14), takes: mib(4) };
  const all = simulated(connections);
  all.buffers.sent(mebibyte);
  t.true((await untilCut(all, connections.takes, 20)) <= 2);
  t.deepEqual(all.cut, ['much']);
});

test('when it lasts, those that have taken least meanwhile are cut though they take', async (t) => {
  const slow = Array.from({ length: 14 }, (_, i) => `slow ${i}`);
  const late = mib(0);
  const connections: Record<string, Connection> = { fast: mib(2), late };
  for (const name of slow) connections[name] = mib(0.5);
  const all = simulated(connections);
  all.buffers.sent(mebibyte);
  for (let i = 1; i <= 60 && all.cut.length === 0; i++) {
    for (const [name, connection] of Object.entries(connections)) {
      connection.written += name === 'fast' ? mebibyte : 1000;
    }
    if (i === 39) Object.assign(late, mib(1));
    await all.pass();
  }
  t.true(all.cut.length > 0);
  for (const name of all.cut) t.true(slow.includes(name), name);
  await all.pass();
  t.false(all.buffers.isFull);
});

test('when it lasts, the one that holds most is cut though it takes', async (t) => {
  const connections = { other: mib(1), takes: mib(9) };
  const all = simulated(connections);
  all.buffers.sent(mebibyte);
  t.is(await untilCut(all, connections.takes, 4), Number.POSITIVE_INFINITY);
  connections.other.held = 0;
  t.true((await untilCut(all, connections.takes, 60)) >= 30);
  t.deepEqual(all.cut, ['takes']);
  await all.pass();
  t.false(all.buffers.isFull);
});

test('a connection that lingers and is closed while it is looked at is forgotten', async (t) => {
  const { sockets, clock } = simulated({ a: mib(1), b: mib(1) });
  for (const socket of sockets) socket.destroy();
  t.is(clock.waiting, 1, 'one look for all');
  clock.pass(250);
  // The look is under way.
  for (const socket of sockets) socket.emit('close');
  await new Promise(setImmediate);
  t.is(clock.waiting, 0);
});

test('for what clients send no client is cut, and nothing waits for long', async (t) => {
  const connections = { takes: mib(3) };
  const all = simulated(connections, () => 2 * most);
  all.buffers.sent(mebibyte);
  t.true(all.buffers.isFull, 'until it is known what they hold');
  for (let i = 0; i < 15; i++) {
    await all.pass();
    t.false(all.buffers.isFull);
    all.buffers.sent(mebibyte);
  }
  t.deepEqual(all.cut, []);
  await all.pass();
  connections.takes.held = most;
  all.buffers.sent(mebibyte);
  await all.pass();
  t.true(all.buffers.isFull, 'what is sent counts as soon as it is much');
});

/** As in a container whose account is what the system holds from the service's port. */
async function startCounted(t: ExecutionContext, options: ServiceOptions = {}) {
  let port = 0;
  let largest = 0;
  const held = () => heldFrom(port);
  const socketBuffers = () => {
    const now = held();
    largest = Math.max(largest, now);
    return now;
  };
  const memory = { limit: 8 * most, socketBuffers, close() {} };
  const service = await startService(t, kind, { memory, ...options });
  port = service.port;
  return { service, held, largest: () => largest };
}

test('clients that read large values and take none are cut in the system, too, and others are answered', async (t) => {
  const { service, held, largest } = await startCounted(t);
  t.is((await set(service, { large: 'x'.repeat(mebibyte - 100), small: 1 })).status, 200);
  const stalled = await Promise.all(Array.from({ length: 60 }, () => connectRaw(t, service)));
  for (const { socket } of stalled) socket.pause();
  for (const { send } of stalled) send('GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(8));
  await waitFor('they hold more than they may', () => largest() > most);
  await waitFor('those that hold most are cut', async () => {
    t.is((await call(service, '/get/small')).status, 200);
    // Some may stay: they hold no more than they may together.
    return held() <= most;
  });
  t.log(`${(largest() / mebibyte).toFixed()} MiB at the most`);
  await waitFor('large values are answered again', async () => (await call(service, '/get/large')).status === 200);
  t.deepEqual(errorsIn(service), []);
});

test('what is left of connections that were to be closed counts, and is cut as well', async (t) => {
  const { service, held, largest } = await startCounted(t);
  t.is((await set(service, { large: 'x'.repeat(mebibyte - 100) })).status, 200);
  const stalled = await Promise.all(Array.from({ length: 60 }, () => connectRaw(t, service)));
  for (const { socket } of stalled) socket.pause();
  for (const { send } of stalled) send('GET /get/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await waitFor('they hold more than they may', () => largest() > most);
  await waitFor('those that hold most are cut', () => held() <= most);
  await waitFor('large values are answered again', async () => (await call(service, '/get/large')).status === 200);
  t.deepEqual(errorsIn(service), []);
});

test('a client that takes the last answer of its connection slowly gets all of it, and the connection ends', async (t) => {
  const { service, held } = await startCounted(t);
  const value = JSON.stringify('x'.repeat(mebibyte - 100));
  t.is((await set(service, `{"large":${value}}`)).status, 200);
  const client = await connectRaw(t, service);
  client.socket.pause();
  client.send('GET /get/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await waitFor('the system has what it takes of it', () => held() > 0);
  client.socket.resume();
  t.true((await client.closed()).endsWith(value));
  await waitFor('nothing is left of it', async () => {
    const connections = await new Promise<number>((resolve) => service.server.getConnections((_, n) => resolve(n)));
    return connections === 0 && held() === 0;
  });
});

test('a connection that has ended lingers for the stall timeout at the most', async (t) => {
  const service = await startCounted(t, { stallTimeout: 300 });
  const { server } = service.service;
  t.is((await set(service.service, { large: 'x'.repeat(mebibyte - 100) })).status, 200);
  const client = await connectRaw(t, service.service);
  client.socket.pause();
  client.send('GET /get/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await waitFor('the system has what it takes of it', () => service.held() > 0);
  await waitFor('it is cut', async () => {
    const connections = await new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)));
    return connections === 0 && service.held() === 0;
  });
  t.pass();
});

test('watches that take nothing are cut in the system, too', async (t) => {
  const { service, held, largest } = await startCounted(t, { watches: { maxBacklog: 64 * mebibyte } });
  const quick = await openEvents(t, service, '/watch');
  const stalled = await Promise.all(Array.from({ length: 30 }, () => openEvents(t, service, '/watch')));
  for (const { response } of stalled) response.pause();
  for (let i = 1; i <= 12; i++) {
    t.is((await set(service, { large: 'x'.repeat(mebibyte - 100) })).status, 200);
    await quick.until(i);
  }
  await waitFor('they hold no more than they may', () => held() <= most);
  t.true(largest() > most, 'they held more');
  t.false(quick.ended());
  t.deepEqual(errorsIn(service), []);
});

test('what 412s name counts, too', async (t) => {
  let looks = 0;
  const socketBuffers = () => {
    looks++;
    return 0;
  };
  const service = await startService(t, kind, { memory: { limit: 8 * most, socketBuffers, close() {} } });
  const keys = Array.from({ length: 10_000 }, (_, i) => `${i}`);
  t.is((await set(service, Object.fromEntries(keys.map((key) => [key, 1])))).status, 200);
  const body = JSON.stringify({ if: Object.fromEntries(keys.map((key) => [key, null])) });
  const before = looks;
  for (let sent = 0; sent < 2 * mebibyte; ) {
    const { status, text } = await call(service, '/transaction', { body });
    t.is(status, 412);
    sent += text.length;
  }
  t.true(looks > before);
});
