import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../../../../test-support/network/listen.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import {
  aliveFrame,
  type Frame,
  FrameReader,
  helloFrame,
  receivedFrame,
} from '../../../../src/store/etcd/peers/frames.ts';
import { pskOf, pskTls } from '../../../../src/store/etcd/peers/pre-shared-key.ts';
import { retryDelays } from '../../../../src/store/etcd/peers/retry-delays.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { follow, newLease } from './set-up.ts';

/** A reader that knows the secret and sends whatever the test says. */
async function oddReader(t: ExecutionContext, onConnection: (socket: TLSSocket) => void) {
  const lease = newLease(5);
  const server = createServer({ ...pskTls, pskCallback: () => pskOf(lease.secret) ?? null });
  const sockets: TLSSocket[] = [];
  server.on('secureConnection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.resume();
    onConnection(socket);
  });
  const port = await listen(server);
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { lease, address: `127.0.0.1:${port}`, sockets };
}

for (const [what, bytes, why] of [
  ['garbage', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /a frame of 18518 bytes/],
  ['an oversized frame', () => Buffer.from([1, 0, 2]), /a frame of 258 bytes/],
  ['an unknown type', () => Buffer.from([0, 1, 7]), /type 7/],
  ['a report before hello', () => receivedFrame(7), /an unexpected received/],
  ['another protocol', () => Buffer.from([0, 2, 1, 9]), /protocol 9/],
  ['another id', () => helloFrame({ ...newLease() }), /another id/],
] as const) {
  test(`a reader that begins with ${what} is not believed`, async (t) => {
    const { lease, address } = await oddReader(t, (socket) => socket.write(bytes()));
    const { heard, lines } = follow(t, { ...lease, address });
    await waitFor('the end', () => lines.length > 0);
    t.deepEqual(heard, []);
    t.regex(lines.join(), why);
  });
}

test('a reader of another timeline counts as not connected', async (t) => {
  const odd = await oddReader(t, (socket) => socket.write(helloFrame({ ...odd.lease, timeline: 'other' })));
  const { heard, lines } = follow(t, { ...odd.lease, address: odd.address });
  await waitFor('the end', () => lines.length > 0);
  t.deepEqual(heard, []);
  t.regex(lines.join(), /a reader on timeline other/);
});

test('garbage behind reports ends the connection, and what came before it counts', async (t) => {
  let isFirst = true;
  const odd = await oddReader(t, (socket) => {
    socket.write(helloFrame(odd.lease));
    if (isFirst) socket.write(Buffer.from([0, 1, 7]));
    isFirst = false;
  });
  const { heard } = follow(t, { ...odd.lease, address: odd.address });
  await waitFor('another connection', () => heard.at(-1) === 'connected' && odd.sockets.length === 2);
  t.true(heard.filter((entry) => entry === 5).length <= 1);
  t.deepEqual(heard.slice(-2), ['lost', 'connected']);
});

test('reports that go back or come twice are ignored; of those that come together the newest counts', async (t) => {
  const odd = await oddReader(t, (socket) => {
    const frames = [helloFrame(odd.lease), receivedFrame(9), receivedFrame(7), receivedFrame(9), aliveFrame];
    socket.write(Buffer.concat(frames));
  });
  const { heard } = follow(t, { ...odd.lease, address: odd.address });
  await waitFor('reports', () => heard.length === 2);
  odd.sockets[0]?.write(receivedFrame(8));
  odd.sockets[0]?.write(receivedFrame(10));
  await waitFor('a later report', () => heard.length === 3);
  t.deepEqual(heard, ['connected', 9, 10]);
});

test('a reader that is silent for 1.5 s is lost, and connected to again', async (t) => {
  const clock = new ManualClock();
  const odd = await oddReader(t, (socket) => socket.write(helloFrame(odd.lease)));
  const { heard, lines } = follow(t, { ...odd.lease, address: odd.address, clock });
  await waitFor('a report', () => heard.length === 2);
  clock.pass(1499);
  odd.sockets[0]?.write(receivedFrame(6));
  await waitFor('a report', () => heard.length === 3);
  clock.pass(1499);
  odd.sockets[0]?.write(aliveFrame);
  odd.sockets[0]?.write(receivedFrame(7));
  await waitFor('a report', () => heard.length === 4);
  clock.pass(1500);
  await waitFor('silence', () => heard.length === 5);
  t.regex(lines.join(), /the reader is silent/);
  clock.pass(1000);
  await waitFor('another connection', () => heard.length === 6);
  t.deepEqual(heard, ['connected', 5, 6, 7, 'lost', 'connected']);
});

test('a replica shows every 500 ms that it lives', async (t) => {
  const clock = new ManualClock();
  const arrived: Frame[] = [];
  const odd = await oddReader(t, (socket) => {
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) => arrived.push(...frames.read(chunk)));
    socket.write(helloFrame(odd.lease));
  });
  const { heard } = follow(t, { ...odd.lease, address: odd.address, clock });
  await waitFor('a report', () => heard.length === 2);
  for (let beat = 1; beat <= 5; beat++) {
    clock.pass(500);
    await waitFor('a sign of life', () => arrived.length === beat);
    odd.sockets[0]?.write(receivedFrame(5 + beat));
    await waitFor('a report', () => heard.length === 2 + beat);
  }
  t.deepEqual(heard, ['connected', 5, 6, 7, 8, 9, 10]);
  t.true(arrived.every(({ type }) => type === 'alive'));
});

test('frames that came while this process was paused count before its silence does', async (t) => {
  const clock = new ManualClock();
  const odd = await oddReader(t, (socket) => socket.write(helloFrame(odd.lease)));
  const { heard } = follow(t, { ...odd.lease, address: odd.address, clock });
  await waitFor('a report', () => heard.length === 2);
  odd.sockets[0]?.write(receivedFrame(6));
  // Nothing of this process runs until the bytes are in the socket.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  clock.pass(3000);
  await waitFor('a report', () => heard.length === 3);
  t.deepEqual(heard, ['connected', 5, 6]);
});

test('a reader that accepts and says nothing is given up after 1.5 s', async (t) => {
  const clock = new ManualClock();
  const server = createTcpServer((socket) => socket.on('error', () => {}).resume());
  const port = await listen(server);
  t.teardown(() => void server.close());
  const connected = once(server, 'connection');
  const { heard, lines, close } = follow(t, { ...newLease(), address: `127.0.0.1:${port}`, clock });
  await connected;
  clock.pass(1500);
  await waitFor('the end', () => lines.length > 0);
  t.deepEqual(lines, ['No connection to a reader: the reader is silent.']);
  t.deepEqual(heard, []);
  close();
  t.is(clock.waiting, 0);
});

test('nothing is called after close, while connecting, while connected and while waiting to connect', async (t) => {
  const clock = new ManualClock();
  const odd = await oddReader(t, (socket) => socket.write(helloFrame(odd.lease)));
  const early = follow(t, { ...odd.lease, address: odd.address, clock });
  early.close();
  const late = follow(t, { ...odd.lease, address: odd.address, clock });
  await waitFor('a report', () => late.heard.length === 2);
  late.close();
  const refused = follow(t, { ...odd.lease, address: '127.0.0.1:1', clock });
  await waitFor('a refusal', () => refused.lines.length === 1);
  refused.close();
  for (const socket of odd.sockets) if (!socket.closed) await once(socket, 'close');
  clock.pass(10_000);
  await waitFor('no timer', () => clock.waiting === 0);
  t.deepEqual(early.heard, []);
  t.deepEqual(late.heard, ['connected', 5]);
  t.deepEqual(refused.heard, []);
});

test('close inside a callback is the end', async (t) => {
  const odd = await oddReader(t, (socket) => socket.write(Buffer.concat([helloFrame(odd.lease), receivedFrame(9)])));
  const { heard, close } = follow(t, {
    ...{ ...odd.lease, address: odd.address },
    onState: () => {
      heard.push('connected');
      close();
    },
  });
  await waitFor('a connection', () => odd.sockets[0]?.closed);
  t.deepEqual(heard, ['connected']);
});

for (const [what, change] of [
  ['address', { address: 'nowhere' }],
  ['port', { address: '127.0.0.1:99999' }],
  ['secret', { secret: 'short' }],
] as const) {
  test(`a reader whose key has no usable ${what} is not connected to`, (t) => {
    const clock = new ManualClock();
    const { heard, lines } = follow(t, { address: '127.0.0.1:1', ...newLease(), ...change, clock });
    t.deepEqual(lines, ['A reader without a usable address and secret: it cannot be connected to.']);
    t.deepEqual(heard, []);
    t.is(clock.waiting, 0);
  });
}

test('the log has one line an outage, however many attempts it takes', async (t) => {
  const clock = new ManualClock();
  const { lines } = follow(t, { ...newLease(), address: '127.0.0.1:1', clock });
  await waitFor('a refusal', () => lines.length === 1);
  for (let attempt = 0; attempt < 5; attempt++) {
    await waitFor('the delay', () => clock.waiting === 1);
    clock.pass(1000);
  }
  await waitFor('the last refusal', () => clock.waiting === 1);
  t.is(lines.length, 1);
});

test('delays grow from 50 ms to 1 s, with a random part, and begin anew after a connection that lasted', (t) => {
  const next = (random: number) => {
    const delays = retryDelays(() => random);
    return [0, 0, 0, 0, 0, 0, 0, 1501].map((lasted) => delays.next(lasted));
  };
  t.deepEqual(next(1), [50, 100, 200, 400, 800, 1000, 1000, 50]);
  t.deepEqual(next(0), [50, 50, 100, 200, 400, 500, 500, 50]);
});
