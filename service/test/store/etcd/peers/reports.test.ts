import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect } from 'node:tls';
import test from 'ava';
import { TcpProxy } from '../../../../../test-support/network/tcp-proxy.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { parsePeerAddress } from '../../../../src/store/etcd/peers/address.ts';
import { aliveFrame, type Frame, FrameReader } from '../../../../src/store/etcd/peers/frames.ts';
import { newSecret, pskOf, pskTls } from '../../../../src/store/etcd/peers/pre-shared-key.ts';
import { connectionLimit, serveReports } from '../../../../src/store/etcd/peers/serve-reports.ts';
import { type PeerOptions, peersOf } from '../../../../src/store/etcd/readers/peers.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { follow, newLease, openPort } from './set-up.ts';

/** However it comes about. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** A connection as a replica makes it, without what a replica does with it. */
async function subscribe(address: string, { id, secret }: { id: string; secret: string }) {
  const checkServerIdentity = () => undefined;
  const pskCallback = () => ({ identity: id, psk: pskOf(secret) ?? Buffer.alloc(0) });
  const socket = connect({ ...pskTls, ...parsePeerAddress(address), checkServerIdentity, pskCallback });
  socket.on('error', () => {});
  return socket;
}

test('a replica learns of the newest revision when it connects, and of each later one', async (t) => {
  // Either side ends a connection that is silent for 1.5 s: a busy machine may be.
  const clock = new ManualClock();
  const { port } = await openPort(t, { clock });
  const lease = newLease(5);
  const reader = port.offer(lease);
  reader.report(6);
  const { heard, lines } = follow(t, { ...lease, clock, address: reader.address });
  await waitFor('the first report', () => heard.length === 2);
  reader.report(7);
  await waitFor('the second report', () => heard.length === 3);
  t.deepEqual(heard, ['connected', 6, 7]);
  t.deepEqual(lines, ['Connected to a reader.']);
});

test('reports of one turn of the event loop are one frame, and none goes back', async (t) => {
  const { port } = await openPort(t, { clock: new ManualClock() });
  const lease = newLease(5);
  const reader = port.offer(lease);
  const socket = await subscribe(port.address, lease);
  t.teardown(() => socket.destroy());
  const frames = new FrameReader();
  const read: unknown[] = [];
  socket.on('data', (chunk: Buffer) => read.push(...frames.read(chunk)));
  await waitFor('hello', () => read.length === 1);
  for (const revision of [6, 9, 8, 10, 3]) reader.report(revision);
  await waitFor('a report', () => read.length > 1);
  reader.report(10);
  reader.report(4);
  reader.report(11);
  await waitFor('the last report', () => read.length > 2);
  t.deepEqual(read.slice(1), [
    { type: 'received', received: 10 },
    { type: 'received', received: 11 },
  ]);
});

test('a replica that connects again is told nothing older than before', async (t) => {
  const { port } = await openPort(t);
  const proxy = await TcpProxy.start(parsePeerAddress(port.address)?.port ?? 0);
  t.teardown(() => proxy.close());
  const lease = newLease(5);
  const reader = port.offer(lease);
  const { heard } = follow(t, { ...lease, address: `127.0.0.1:${proxy.port}` });
  await waitFor('the first report', () => heard.length === 2);
  proxy.cut();
  await waitFor('another connection', () => heard.length === 4);
  reader.report(6);
  await waitFor('the next report', () => heard.length === 5);
  t.deepEqual(heard, ['connected', 5, 'lost', 'connected', 6]);
});

test('a wrong secret, an unknown id and the id of a former lease get nothing', async (t) => {
  const { port } = await openPort(t);
  const former = newLease();
  await port.offer(former).close();
  const lease = newLease();
  port.offer(lease);
  const others = [{ ...lease, secret: newSecret() }, { ...lease, id: 'somebody' }, former];
  const followers = others.map((other) => follow(t, { ...other, address: port.address }));
  for (const { lines } of followers) await waitFor('a refusal', () => lines.length > 0);
  t.deepEqual(
    followers.map(({ heard }) => heard),
    [[], [], []],
  );
  for (const { lines } of followers)
    t.regex(lines.join(), /^No connection to a reader: .*(psk identity|record mac).*\.$/is);
  const rightful = follow(t, { ...lease, address: port.address });
  await waitFor('the one with the secret', () => rightful.heard.length === 2);
});

test('the end of a lease ends its connections, and those of the next lease stay', async (t) => {
  const { port } = await openPort(t);
  const [former, next] = [newLease(5), newLease(8)];
  const [formerReader, nextReader] = [port.offer(former), port.offer(next)];
  const followers = [former, next].map((lease) => follow(t, { ...lease, address: port.address }));
  for (const { heard } of followers) await waitFor('a report', () => heard.length === 2);
  await formerReader.close();
  formerReader.report(9);
  nextReader.report(10);
  await waitFor('the end', () => followers[0]?.heard.length === 3);
  await waitFor('a report', () => followers[1]?.heard.length === 3);
  t.deepEqual(
    followers.map(({ heard }) => heard),
    [
      ['connected', 5, 'lost'],
      ['connected', 8, 10],
    ],
  );
});

test('each secret is 256 random bits; one that is shorter is not offered', async (t) => {
  const secrets = [newSecret(), newSecret()];
  for (const secret of secrets) t.is(Buffer.from(secret, 'base64url').length, 256 / 8);
  t.not(secrets[0], secrets[1]);
  const { port } = await openPort(t);
  t.throws(() => port.offer({ ...newLease(), secret: 'c2hvcnQ' }), { instanceOf: RangeError });
});

test('a reader takes 64 connections, and another one when one of them has ended', async (t) => {
  // Connections that show nothing for 1.5 s would be ended: so many may take longer.
  const { port, lines } = await openPort(t, { clock: new ManualClock() });
  t.is(connectionLimit, 64);
  const lease = newLease();
  const reader = port.offer(lease);
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  // One after the other: all at once may take longer than one may take to agree on TLS.
  for (let i = 0; i < connectionLimit; i++) {
    const socket = await subscribe(port.address, lease);
    sockets.push(socket);
    await once(socket, 'data');
  }
  const { heard } = follow(t, { ...lease, address: reader.address });
  await waitFor('a refusal', () => lines.length > 0);
  t.deepEqual(heard, []);
  sockets[0]?.destroy();
  await waitFor('a place', () => heard.length === 2);
  t.deepEqual(lines, ['More replicas than a reader takes want its reports: they get none.']);
});

test('a reader ends a connection that sends what subscribers do not send', async (t) => {
  const { port } = await openPort(t, { clock: new ManualClock() });
  const lease = newLease();
  port.offer(lease);
  for (const bytes of [
    'GET / HTTP/1.1\r\n\r\n',
    Buffer.alloc(100_000),
    Buffer.from([0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 9]),
  ]) {
    const socket = await subscribe(port.address, lease);
    socket.resume();
    await once(socket, 'secureConnect');
    socket.write(bytes);
    await closed(socket);
  }
  const { heard } = follow(t, { ...lease, address: port.address });
  await waitFor('a connection that follows the protocol', () => heard.length === 2);
  t.pass();
});

test('a reader shows every 500 ms that it lives, and ends a connection that is silent for 1.5 s', async (t) => {
  const clock = new ManualClock();
  const { port } = await openPort(t, { clock });
  const lease = newLease();
  port.offer(lease);
  const socket = await subscribe(port.address, lease);
  const frames = new FrameReader();
  const types: string[] = [];
  socket.on('data', (chunk: Buffer) => types.push(...frames.read(chunk).map(({ type }) => type)));
  await waitFor('hello', () => types.length === 1);
  // The beat right after hello is left out.
  clock.pass(500);
  clock.pass(500);
  await waitFor('a sign of life', () => types.length === 2);
  t.deepEqual(types, ['hello', 'alive']);
  clock.pass(500);
  await closed(socket);
  t.true(socket.closed);
});

test('a connection that shows that it lives stays', async (t) => {
  let looks = 0;
  /** A reader looks at the clock whenever a subscriber sends something. */
  class ListeningClock extends ManualClock {
    override now(): number {
      looks++;
      return super.now();
    }
  }
  const clock = new ListeningClock();
  const { port } = await openPort(t, { clock });
  const lease = newLease();
  const reader = port.offer(lease);
  const socket = await subscribe(port.address, lease);
  t.teardown(() => socket.destroy());
  const frames = new FrameReader();
  const read: Frame[] = [];
  socket.on('data', (chunk: Buffer) => read.push(...frames.read(chunk)));
  await waitFor('hello', () => read.length === 1);
  for (let passed = 0; passed < 5000; passed += 500) {
    clock.pass(500);
    const before = looks;
    socket.write(aliveFrame);
    await waitFor('the reader has read it', () => looks > before);
  }
  reader.report(6);
  await waitFor('a report', () => read.at(-1)?.type === 'received');
  t.false(socket.destroyed);
});

test('the port closes while connections are open, being made and saying nothing', async (t) => {
  const { port } = await openPort(t);
  const lease = newLease();
  const reader = port.offer(lease);
  const { heard } = follow(t, { ...lease, address: reader.address });
  await waitFor('a report', () => heard.length === 2);
  const address = parsePeerAddress(port.address);
  const silent = connectTcp({ host: address?.host, port: address?.port ?? 0 });
  silent.on('error', () => {});
  await once(silent, 'connect');
  await port.close();
  await closed(silent);
  await waitFor('the end', () => heard.length === 3);
  t.deepEqual(heard, ['connected', 5, 'lost']);
});

test('a connection that does not agree on TLS is ended', async (t) => {
  const { port } = await openPort(t);
  const address = parsePeerAddress(port.address);
  const plain = connectTcp({ host: address?.host, port: address?.port ?? 0 });
  plain.on('error', () => {});
  plain.resume();
  plain.write('GET / HTTP/1.1\r\n\r\n');
  await closed(plain);
  const silent = connectTcp({ host: address?.host, port: address?.port ?? 0 });
  silent.on('error', () => {});
  silent.resume();
  await closed(silent);
  t.pass();
});

test('only a replica that reads by lease opens a port', (t) => {
  const opens = (options: Pick<PeerOptions, 'freshReads' | 'peerPort'>) =>
    peersOf({ ...options } as PeerOptions).serve !== undefined;
  t.false(opens({}));
  t.false(opens({ freshReads: 'barrier', peerPort: 9443 }));
  t.true(opens({ freshReads: 'lease' }));
});

test('a port that is taken is an error', async (t) => {
  const { port } = await openPort(t);
  const taken = parsePeerAddress(port.address)?.port ?? 0;
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  await t.throwsAsync(serveReports({ port: taken, clock: new ManualClock(), log }), { code: 'EADDRINUSE' });
});
