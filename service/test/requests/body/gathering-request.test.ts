import { createServer, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../../../test-support/network/listen.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { BodyTurns } from '../../../src/flow-control/body-turns.ts';
import { ByteBudget } from '../../../src/flow-control/byte-budget.ts';
import { GatheringRequest, gatheringRequests } from '../../../src/requests/body/gathering-request.ts';
import { nextTurn } from '../../../src/store/clock.ts';
import { connectRaw } from '../../support/raw-connection.ts';

/** As the parser makes it and fills it, with a body of no known length. */
function arrivingAt(t: ExecutionContext, budget: ByteBudget, maxBytes = 1024 ** 2) {
  const socket = new Socket();
  t.teardown(() => socket.destroy());
  const request = new GatheringRequest(socket, { maxBytes, budget });
  request.headers['transfer-encoding'] = 'chunked';
  const end = () => {
    request.complete = true;
    request.push(null);
  };
  return { request, end };
}

/** A request whose connection counts how often it was asked for more, and the end of the turn of the event loop. */
function arrivingInTurns(t: ExecutionContext) {
  const ends: (() => void)[] = [];
  const turns = new BodyTurns((run) => ends.push(run));
  const socket = new Socket();
  t.teardown(() => socket.destroy());
  const request = new GatheringRequest(socket, { maxBytes: 1024 ** 2, budget: new ByteBudget(1024 ** 3), turns });
  request.headers['transfer-encoding'] = 'chunked';
  let reads = 0;
  request._read = () => {
    reads++;
  };
  socket.resume = () => {
    reads++;
    return socket;
  };
  const endTurn = () => {
    for (const end of ends.splice(0)) end();
    return reads;
  };
  return { request, turns, endTurn };
}

const mebibyte = 1024 ** 2;
const piece = Buffer.alloc(64 * 1024);

test('a body stops when its turn has brought enough, and goes on in the next one', (t) => {
  const { request, turns, endTurn } = arrivingInTurns(t);
  void request.body();
  t.true(request.push(piece));
  turns.take(1024 ** 2);
  t.false(request.push(piece));
  t.false(request.push(piece), 'what the system had handed over already');
  t.is(endTurn(), 1);
  t.true(request.push(piece));
  t.is(endTurn(), 1);
});

test('a body that waits for its turn and for its reader goes on when it has both', (t) => {
  const { request, turns, endTurn } = arrivingInTurns(t);
  turns.take(1024 ** 2);
  t.false(request.push(piece));
  t.is(endTurn(), 0, 'no listener reads it');
  void request.body();
  t.is(endTurn(), 1);
  turns.take(1024 ** 2);
  t.false(request.push(piece));
  t.is(endTurn(), 2);
});

test('a body that is all there needs no further turn, nor does its connection', (t) => {
  const { request, turns, endTurn } = arrivingInTurns(t);
  void request.body();
  turns.take(1024 ** 2);
  t.false(request.push(piece));
  request.complete = true;
  request.push(null);
  t.is(endTurn(), 0);
});

test('a body that is thrown away waits for its turn, too', async (t) => {
  for (const method of ['resume', '_dump'] as const) {
    const { request, turns, endTurn } = arrivingInTurns(t);
    turns.take(1024 ** 2);
    t.false(request.push(piece));
    request[method]();
    await nextTurn();
    const before = endTurn();
    t.true(request.push(piece));
    turns.take(1024 ** 2);
    t.false(request.push(piece));
    t.is(endTurn(), before + 1, method);
  }
});

test('a body that had to wait for its turn and that nothing reads is thrown away when the answer is out', async (t) => {
  const ends: (() => void)[] = [];
  const turns = new BodyTurns((run) => ends.push(run));
  const IncomingMessage = gatheringRequests({ maxBytes: 1024 ** 2, budget: new ByteBudget(1024 ** 3), turns });
  let answer = () => {};
  let received = () => 0;
  const server = createServer({ IncomingMessage }, (request, response) => {
    received = () => (request as GatheringRequest).received;
    if (request.method === 'GET') response.end('the next one');
    else answer = () => response.end();
  });
  const port = await listen(server);
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  turns.take(1024 ** 2);
  const client = await connectRaw(t, { port });
  const body = Buffer.alloc(400_000);
  client.send(`DELETE / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
  client.send(body);
  client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it waits', () => received() > 0);
  const before = received();
  await waitFor('it goes on', () => {
    for (const end of ends.splice(0)) end();
    return received() > before;
  });
  answer();
  await waitFor('the next request is answered', () => {
    for (const end of ends.splice(0)) end();
    return client.received().includes('the next one');
  });
  t.pass();
});

test('small bodies wait for no turn', (t) => {
  const { request, turns } = arrivingInTurns(t);
  void request.body();
  turns.take(1024 ** 2);
  t.true(request.push(Buffer.alloc(4096)));
});

function arriving(t: ExecutionContext, most = 32 * 1024 ** 2) {
  const budget = new ByteBudget(most);
  return { budget, ...arrivingAt(t, budget) };
}

test('tiny pieces without a reader yet are held in blocks and counted, and none is lost', async (t) => {
  const { request, budget, end } = arriving(t);
  let sent = '';
  for (let i = 0; i < 4000; i++) {
    const piece = String(i % 10);
    sent += piece;
    request.push(Buffer.from(piece));
    t.true(budget.bytes >= sent.length, 'from the first byte on');
  }
  t.true(budget.bytes < 3 * sent.length, `${budget.bytes} bytes`);
  end();
  t.is((await request.body()).toString(), sent);
  request.resume();
  t.is(budget.bytes, 0);
});

test('small and large pieces come in their order, however they are mixed, before and after the reader', async (t) => {
  const sizes = Array.from({ length: 500 }, (_, i) => (i % 7 === 0 ? 5000 : (i * 37) % 1100));
  const pieces = sizes.map((size, i) => Buffer.alloc(size, i)).filter(({ length }) => length > 0);
  for (const before of [0, 1, 20, pieces.length]) {
    const { request, end } = arriving(t);
    let body: Promise<Buffer> | undefined;
    for (const [i, piece] of pieces.entries()) {
      if (i === before) body = request.body();
      request.push(piece);
    }
    end();
    t.deepEqual(await (body ?? request.body()), Buffer.concat(pieces));
  }
});

test('of pieces between which large ones come, no block is kept for a byte', (t) => {
  const { request, budget } = arriving(t);
  void request.body();
  let sent = 0;
  for (let i = 0; i < 200; i++) {
    for (const size of [1, 4096]) {
      sent += size;
      request.push(Buffer.alloc(size));
    }
  }
  t.true(budget.bytes < 1.1 * sent, `${budget.bytes} bytes for ${sent}`);
});

test('little comes for a request without a reader yet', (t) => {
  const { request } = arriving(t);
  const piece = Buffer.alloc(4096);
  let sent = piece.length;
  while (request.push(piece)) sent += piece.length;
  t.is(sent, 64 * 1024);
});

test('requests that wait share the budget with bodies that are read', async (t) => {
  const budget = new ByteBudget(150_000, () => 0);
  const waiting = Array.from({ length: 10 }, () => arrivingAt(t, budget));
  for (const { request } of waiting) request.push(Buffer.alloc(30_000));
  t.true(budget.bytes <= 150_000);
  for (const { end } of waiting) end();
  const ended = await Promise.allSettled(waiting.map(({ request }) => request.body()));
  t.is(ended.filter(({ status }) => status === 'fulfilled').length, 5);
  for (const result of ended) if (result.status === 'rejected') t.is(result.reason.code, 'overloaded');
});

test('a body over its limit, and one in pieces without number, is refused where it arrives', async (t) => {
  const budget = new ByteBudget(32 * 1024 ** 2);
  const large = arrivingAt(t, budget, 1000);
  const body = large.request.body();
  for (let i = 0; i < 11; i++) large.request.push(Buffer.alloc(100));
  await t.throwsAsync(body, { message: /at most 1000 bytes; this one has 1100 or more/ });
  const tiny = arrivingAt(t, budget);
  for (let i = 0; i < 5000; i++) tiny.request.push(Buffer.from('x'));
  await t.throwsAsync(() => tiny.request.body(), { message: /pieces of less than 16 bytes/ });
  t.is(budget.bytes, 0);
});

async function answering(t: ExecutionContext, budget: ByteBudget, bytes: number) {
  const { request, end } = arrivingAt(t, budget);
  const response = new ServerResponse(request);
  request.response = response;
  request.push(Buffer.alloc(bytes));
  end();
  await request.body();
  return { request, response };
}

test('a body that is answered holds nothing, nor does what was made from it, whether the answer is taken or not', async (t) => {
  const budget = new ByteBudget(mebibyte);
  const { request } = await answering(t, budget, 400_000);
  request.hold(500_000);
  t.is(budget.bytes, 900_000);
  request.answered(0);
  t.is(budget.bytes, 0);
});

test('a large answer counts in place of its body, at most as the body did, until it is taken', async (t) => {
  const budget = new ByteBudget(mebibyte);
  const { request, response } = await answering(t, budget, 400_000);
  request.answered(100_000);
  t.is(budget.bytes, 100_000);
  response.emit('close');
  t.is(budget.bytes, 0);
  const smaller = await answering(t, budget, 50_000);
  smaller.request.answered(100_000);
  t.is(budget.bytes, 50_000);
});

test('an answer that is not taken makes room for bodies: its client is cut off', async (t) => {
  const clock = { now: 0 };
  const budget = new ByteBudget(mebibyte, () => clock.now);
  const slow = await answering(t, budget, 800_000);
  slow.request.answered(700_000);
  clock.now = 2000;
  const next = arrivingAt(t, budget);
  next.request.push(Buffer.alloc(800_000));
  next.end();
  t.is((await next.request.body()).length, 800_000);
  t.true(slow.request.socket.destroyed);
  t.is(budget.bytes, 800_000);
});
