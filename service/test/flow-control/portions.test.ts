/** Connections that bring much at once are parsed in portions, between which others have their turn. */
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../../test-support/network/listen.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { ByteBudget } from '../../src/flow-control/byte-budget.ts';
import { EventLoopScheduler } from '../../src/flow-control/event-loop-scheduler.ts';
import { Portions } from '../../src/flow-control/portions.ts';
import { type GatheringRequest, gatheringRequests } from '../../src/requests/body/gathering-request.ts';
import { oneAtATime } from '../../src/server/pipelining.ts';
import { noSpans } from '../../src/store/spans.ts';
import { connectRaw } from '../support/raw-connection.ts';

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const echo: RequestListener = async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  response.end(`${request.method} ${request.url} ${body}\n`);
};

interface SetUp {
  readonly scheduler?: Pick<EventLoopScheduler, 'wait'>;
  readonly serve?: RequestListener;
  readonly now?: () => number;
  readonly options?: (portions: Portions) => ServerOptions;
}

/** A server whose new connections are all read in portions when `now` stands still. */
async function setUp(t: ExecutionContext, given: SetUp) {
  const { scheduler = new EventLoopScheduler(), serve = echo, now = () => 0, options } = given;
  const portions = new Portions({ scheduler, now });
  const server = createServer(options?.(portions) ?? {}, oneAtATime(serve, noSpans, portions));
  portions.watch(server);
  const parsed: string[] = [];
  server.on('request', ({ url = '' }) => parsed.push(url));
  const port = await listen(server);
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  const open = async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = await connectRaw(t, { port });
    return { client, socket: (await accepted)[0] };
  };
  return { portions, open, parsed };
}

/** Pieces that run when the test says so. */
function manual() {
  const pieces: (() => void)[] = [];
  return { pieces, scheduler: { wait: (run: (waited: number) => void) => void pieces.push(() => run(0)) } };
}

/** Answers at once. */
const answer: RequestListener = (_request, response) => void response.end();

test('while one sends much ahead, what others send ahead waits for its turns, and what is small does not', async (t) => {
  const { pieces, scheduler } = manual();
  // It answers nothing.
  const { open, parsed } = await setUp(t, { scheduler, serve: () => {} });
  const first = await open();
  first.client.send(get('/first').repeat(20));
  await waitFor('all of the first is parsed', () => parsed.length === 20);
  const greedy = await open();
  greedy.client.send(get('/greedy').repeat(1000));
  await waitFor('a portion waits', () => pieces.length > 0);
  const other = await open();
  other.client.send(get('/other'));
  await waitFor('the other is served', () => parsed.includes('/other'));
  t.false(parsed.includes('/greedy'));
  t.is(pieces.length, 1);
  pieces.shift()?.();
  t.true(parsed.includes('/greedy'));
  const count = parsed.filter((target) => target === '/greedy').length;
  t.true(count <= 1 + 512 / get('/greedy').length, `${count} of 1000 requests`);
  t.is(pieces.length, 0, 'while its requests wait for their answers, it needs no turn');
});

test('a portion waits for its turn, and the next one for another', async (t) => {
  const { pieces, scheduler } = manual();
  // Each portion takes so long that the next one is not larger.
  let now = 0;
  const { portions, open, parsed } = await setUp(t, { scheduler, serve: answer, now: () => (now += 2) });
  const { client, socket } = await open();
  portions.greedy(socket);
  client.send(get('/a').repeat(60));
  let turns = 0;
  while (parsed.length < 60) {
    await waitFor('a portion waits', () => pieces.length > 0);
    t.is(pieces.length, 1);
    const before = parsed.length;
    pieces.shift()?.();
    turns++;
    t.true(parsed.length - before <= 1 + 512 / get('/a').length);
  }
  t.true(turns >= 3, `${turns} turns`);
});

for (const [what, now] of [
  ['small', () => performance.now() * 1000],
  ['growing', () => 0],
] as const) {
  test(`in ${what} portions everything is parsed as it came, in its order`, async (t) => {
    const { portions, open } = await setUp(t, { now });
    const { client, socket } = await open();
    portions.greedy(socket);
    const expected: string[] = [];
    const all: string[] = [];
    for (let i = 0; i < 300; i++) {
      const body = String(i).repeat((i * 37) % 400);
      const chunked = `Transfer-Encoding: chunked\r\n\r\n${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`;
      const known = `Content-Length: ${body.length}\r\n\r\n${body}`;
      all.push(`POST /${i} HTTP/1.1\r\nHost: x\r\n${i % 3 === 0 ? chunked : known}`, get(`/${i}`));
      expected.push(`POST /${i} ${body}`, `GET /${i} `);
    }
    client.send(all.join(''));
    await waitFor('all is answered', () => client.received().includes('GET /299 '));
    t.deepEqual(client.received().match(/(?:GET|POST) \/\d+ \d*(?=\n)/g), expected);
  });
}

test('a large answer that its client does not take stops the parser; it goes on when it is taken', async (t) => {
  let served = 0;
  const large = 'x'.repeat(2_000_000);
  const serve: RequestListener = (_request, response) => {
    served++;
    response.end(large);
  };
  const { portions, open } = await setUp(t, { serve });
  const { client, socket } = await open();
  portions.greedy(socket);
  client.socket.pause();
  client.send(get('/large').repeat(40));
  await waitFor('it is begun', () => served > 0);
  client.socket.resume();
  let received = 0;
  client.socket.on('data', (text) => {
    received += String(text).length;
  });
  await waitFor('all are taken', () => received > 40 * large.length);
  t.is(served, 40);
});

test('what is thrown away is read, and no parser sees it', async (t) => {
  const { portions, open, parsed } = await setUp(t, { serve: answer });
  const { client, socket } = await open();
  client.send(get('/a'));
  await client.until(/HTTP\/1\.1 200/);
  portions.discard(socket);
  const many = get('/a').repeat(100_000);
  client.send(many);
  await waitFor('all is read', () => socket.bytesRead >= many.length);
  t.is(parsed.length, 1);
});

test('a body in many small pieces makes its connection one of portions; one in pieces without number is not parsed to its end', async (t) => {
  const pieces = 200_000;
  let parsed = 0;
  const { open } = await setUp(t, {
    serve: (request) => void (request as GatheringRequest).body().catch(() => {}),
    options: (portions) => {
      const limits = { maxBytes: 1024 ** 2, budget: new ByteBudget(1024 ** 2), portions };
      const Gathering = gatheringRequests(limits);
      class Counting extends Gathering {
        override push(piece: Buffer | null): boolean {
          parsed++;
          return super.push(piece);
        }
      }
      return { IncomingMessage: Counting };
    },
  });
  const { client, socket } = await open();
  client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const text = '1\r\nx\r\n'.repeat(pieces);
  client.send(text);
  await waitFor('all is read', () => socket.bytesRead >= text.length);
  // Allowed are 4096 and one for each 16 bytes; the read in which it shows that there are more has 64 KiB.
  t.true(parsed > 256 && parsed < 20_000, `${parsed} of ${pieces} pieces are parsed`);
});
