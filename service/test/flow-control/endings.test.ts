import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { Endings } from '../../src/flow-control/endings.ts';
import { addressOf, listenAt } from '../../src/server/listen.ts';

const clients = 150;

/** Clients of a server that ends connections in turns, which end when the test says so. */
async function setUp(t: ExecutionContext) {
  let turns: (() => void)[] = [];
  const endings = new Endings((run) => turns.push(run));
  const opened: Socket[] = [];
  let ended = 0;
  const server: Server = createServer((_request, response) => response.write('begun'));
  endings.watch(server);
  server.on('connection', (socket: Socket) => {
    opened.push(socket);
    socket.once('close', () => {
      ended++;
    });
  });
  await listenAt(server, { host: '127.0.0.1', port: 0 });
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const sockets = await Promise.all(
    Array.from({ length: clients }, async () => {
      const socket = connect({ port: addressOf(server).port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => {});
      t.teardown(() => socket.destroy());
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'data');
      return socket;
    }),
  );
  const endTurn = () => {
    const running = turns;
    turns = [];
    for (const run of running) run();
    return running.length > 0;
  };
  return { endings, sockets, opened, endTurn, ended: () => ended };
}

const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

for (const [how, leave] of [
  ['end', (socket: Socket) => socket.destroy()],
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`clients that leave at once (${how}) are ended few in a turn, and all of them are`, async (t) => {
    const { sockets, opened, endTurn, ended } = await setUp(t);
    for (const socket of sockets) leave(socket);
    await waitFor('the first ones end', () => ended() > 0);
    await settled();
    t.true(ended() <= 32, `${ended()} in the first turn`);
    let before = ended();
    while (endTurn()) {
      await settled();
      t.true(ended() - before <= 32, `${ended() - before} in a turn`);
      before = ended();
    }
    await waitFor('all have ended', () => ended() === clients);
    t.true(opened.every(({ destroyed }) => destroyed));
  });
}

test('a connection that the service closes meanwhile is closed once, at once', async (t) => {
  const { sockets, opened, endTurn, ended } = await setUp(t);
  for (const socket of sockets) socket.destroy();
  await waitFor('the first ones end', () => ended() > 0);
  await settled();
  for (const socket of opened) socket.destroy();
  await waitFor('all are closed', () => ended() === clients);
  while (endTurn()) await settled();
  t.is(ended(), clients);
});

test('what ends many connections by itself does it in turns, too', (t) => {
  let turns: (() => void)[] = [];
  const endings = new Endings((run) => turns.push(run));
  const ended: number[] = [];
  const sockets = Array.from({ length: 40 }, () => new Socket());
  for (const [i, socket] of sockets.entries()) {
    endings.inTurn(socket, () => {
      ended.push(i);
    });
  }
  const numbers = [...sockets.keys()];
  t.deepEqual(ended, numbers.slice(0, 32));
  sockets[35]?.destroy();
  while (turns.length > 0) {
    const running = turns;
    turns = [];
    for (const run of running) run();
  }
  t.deepEqual(
    ended,
    numbers.filter((i) => i !== 35),
    'one has ended otherwise',
  );
});

test('a connection that waits to be cut is cut, also when its client says meanwhile that it sends no more', async (t) => {
  const { endings, sockets, opened, endTurn, ended } = await setUp(t);
  // One does not take what was sent to it.
  for (const socket of sockets) socket.pause();
  opened.at(-1)?.write(Buffer.alloc(16 * 1024 ** 2));
  for (const socket of opened) endings.inTurn(socket, () => socket.destroy());
  await settled();
  t.is(ended(), 32);
  for (const socket of sockets) socket.end();
  await Promise.all(sockets.map((socket) => socket.writableFinished || once(socket, 'finish')));
  await settled();
  while (endTurn()) await settled();
  await waitFor('all are closed', () => ended() === clients);
  t.true(opened.every(({ destroyed }) => destroyed));
});

test('a client that leaves alone is ended at once', async (t) => {
  const { sockets, endTurn, ended } = await setUp(t);
  for (const [i, socket] of sockets.entries()) {
    socket.destroy();
    await waitFor('it ends', () => ended() === i + 1);
    while (endTurn());
  }
  t.is(ended(), clients);
});
