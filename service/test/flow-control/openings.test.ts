import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { Openings } from '../../src/flow-control/openings.ts';
import { addressOf, listenAt } from '../../src/server/listen.ts';

/** Turns that end when the test says so. */
class ManualTurns {
  #waiting: (() => void)[] = [];

  readonly next = (run: () => void): void => {
    this.#waiting.push(run);
  };

  /** False: nothing waits for the end of a turn. */
  end(): boolean {
    const running = this.#waiting;
    this.#waiting = [];
    for (const run of running) run();
    return running.length > 0;
  }
}

/** A server whose listening handle hands over what the test gives it. */
function setUp() {
  const turns = new ManualTurns();
  const opened: string[] = [];
  const closed: string[] = [];
  let accepted = 0;
  const openings = new Openings({ onAccepted: () => accepted++, nextTurn: turns.next });
  const handle = {
    onconnection(_error: number, { name }: { readonly name: string }) {
      opened.push(name);
    },
  };
  const server = { _handle: handle, listening: true };
  openings.watch(server);
  /** In a turn of its own, as the system does. */
  const accept = (address: string, name: string, endsTurn = true) => {
    const getpeername = (into: { address?: string }) => {
      into.address = address;
      return 0;
    };
    handle.onconnection(0, { name, getpeername, close: () => closed.push(name) } as never);
    if (endsTurn) turns.end();
  };
  const crowd = (address: string, count: number) => {
    const names = Array.from({ length: count }, (_, i) => `${address} ${i}`);
    for (const name of names) accept(address, name);
    return names;
  };
  return { turns, openings, server, opened, closed, accept, crowd, accepted: () => accepted };
}

test('a client that connects behind a crowd from another address does not wait for it', (t) => {
  const { opened, accept, crowd, accepted } = setUp();
  crowd('10.0.0.1', 1000);
  t.true(opened.length < 100, `${opened.length} are opened`);
  t.is(accepted(), 1000, 'all are taken');
  accept('10.0.0.2', 'probe', false);
  t.is(opened.at(-1), 'probe');
});

test('when no client connects any more, all are opened, few in a turn and in their order', (t) => {
  const { turns, opened, crowd } = setUp();
  const names = crowd('10.0.0.1', 200);
  let before = opened.length;
  let count = 0;
  while (turns.end()) {
    t.true(opened.length - before <= 16, `${opened.length - before} in a turn`);
    before = opened.length;
    if (++count > 100) return t.fail('it never ends');
  }
  return t.deepEqual(opened, names);
});

test('addresses with many connections take turns', (t) => {
  const { turns, opened, crowd } = setUp();
  crowd('10.0.0.1', 100);
  const later = crowd('10.0.0.2', 30);
  const before = opened.length;
  while (!opened.includes(later.at(-1) ?? '')) turns.end();
  t.true(opened.length - before <= 2 * 16 + 16, `${opened.length - before} are opened meanwhile`);
  while (turns.end());
  t.is(opened.length, 130);
});

test('connections that do not come turn after turn never wait, however many come', (t) => {
  const { turns, opened, accept } = setUp();
  for (let i = 0; i < 100; i++) {
    accept('10.0.0.1', `${i}`);
    t.is(opened.length, i + 1);
    turns.end();
    t.false(turns.end(), 'nothing is left to be done');
  }
});

test('a crowd that never ends fills no memory', (t) => {
  const { opened, crowd } = setUp();
  const many = 10_000;
  crowd('10.0.0.1', many);
  t.true(many - opened.length <= 4097, `${many - opened.length} wait`);
});

test('a server that stops opens all that have connected, and all that still do', (t) => {
  const { openings, opened, closed, crowd } = setUp();
  crowd('10.0.0.1', 100);
  openings.stop();
  t.is(opened.length, 100);
  crowd('10.0.0.1', 50);
  t.is(opened.length, 150);
  t.deepEqual(closed, []);
});

test('a server that is cut closes what waits', (t) => {
  const { turns, server, opened, closed, crowd } = setUp();
  crowd('10.0.0.1', 100);
  const before = opened.length;
  server.listening = false;
  while (turns.end());
  t.is(opened.length, before);
  t.is(closed.length, 100 - before);
});

/** Fails when Node's listening handle changes its meaning. */
test('a real server serves all of a crowd', async (t: ExecutionContext) => {
  const turns = new ManualTurns();
  let accepted = 0;
  const server = createServer((_request, response) => response.end('served'));
  await listenAt(server, { host: '127.0.0.1', port: 0 });
  const openings = new Openings({ onAccepted: () => accepted++, nextTurn: turns.next });
  openings.watch(server);
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const answers: string[] = [];
  const sockets: Socket[] = [];
  for (let i = 0; i < 40; i++) {
    const socket = connect(addressOf(server).port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      answers[i] = text;
    });
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    sockets.push(socket);
    await waitFor('it is taken', () => accepted === i + 1);
    turns.end();
  }
  await waitFor('the first ones are served', () => Object.keys(answers).length >= 17);
  t.true(Object.keys(answers).length < 30, 'others wait');
  while (turns.end());
  await waitFor('all are served', () => Object.keys(answers).length === 40);
  t.true(answers.every((text) => text.includes('served')));
});
