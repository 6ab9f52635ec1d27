/** Thousands of connections are late at once; those whose requests come before they are ended are served. */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Endings } from '../../src/flow-control/endings.ts';
import { EventLoopScheduler } from '../../src/flow-control/event-loop-scheduler.ts';
import { Portions } from '../../src/flow-control/portions.ts';
import type { GatheringRequest } from '../../src/requests/body/gathering-request.ts';
import { Drain } from '../../src/server/drain.ts';
import { addressOf, listen } from '../../src/server/listen.ts';
import { systemClock } from '../../src/store/clock.ts';
import { assertRawProblem } from '../support/assert-problem.ts';
import { connectRaw } from '../support/raw-connection.ts';

/** Milliseconds. */
const timeout = 300;

/** Four clients of a server on which their requests are late; each is ended when the test says so. */
async function setUp(t: ExecutionContext, begin: string) {
  const waiting = new Map<Socket, () => void>();
  const endings = {
    watch: () => {},
    inTurn: (socket: Socket, end: () => void) => void waiting.set(socket, end),
  } as unknown as Endings;
  let refused = 0;
  const held: (() => void)[] = [];
  const handler: RequestListener = async (request, response) => {
    const body = request.method === 'POST' ? await (request as GatheringRequest).body() : '';
    if (request.url === '/held') await new Promise<void>((resolve) => held.push(resolve));
    response.end(`${request.url} ${body}`);
  };
  const server = await listen(handler, new Drain(), {
    ...{ host: '127.0.0.1', port: 0, headersTimeout: timeout, requestTimeout: timeout, keepAliveTimeout: 60_000 },
    ...{ maxBody: 1024 ** 2, stallTimeout: 60_000, minRate: 0, clock: systemClock },
    endings,
    portions: new Portions({ scheduler: new EventLoopScheduler() }),
    onProblem: () => refused++,
    onConnection: () => {},
  });
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  const open = async () => {
    const client = await connectRaw(t, { port: addressOf(server).port });
    if (begin !== '') client.send(begin);
    return client;
  };
  const clients = [await open(), await open(), await open(), await open()] as const;
  await waitFor('all are late', () => waiting.size === clients.length);
  const endTurns = () => {
    for (const end of waiting.values()) end();
  };
  return { clients, endTurns, held, refused: () => refused };
}

test('a request that comes while its connection waits to be refused is answered, and the connection goes on', async (t) => {
  const { clients, endTurns, held, refused } = await setUp(t, '');
  const [answered, slow, silent, halfHead] = clients;
  answered.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  await answered.until(/\/a $/);
  slow.send('GET /held HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it is being served', () => held.length === 1);
  halfHead.send('GET /b HTTP/1.1\r\n');
  endTurns();
  for (const go of held) go();
  t.regex(await slow.until(/\/held $/), /^HTTP\/1\.1 200 /);
  answered.send('GET /b HTTP/1.1\r\nHost: x\r\n\r\n');
  t.notRegex(await answered.until(/\/b $/), / 408 /);
  assertRawProblem(t, await silent.closed(), 'request-timeout');
  assertRawProblem(t, await halfHead.closed(), 'request-timeout');
  t.is(refused(), 2);
});

test('so is one whose body comes to its end meanwhile', async (t) => {
  const { clients, endTurns, refused } = await setUp(t, 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab');
  const [answered, silent] = clients;
  answered.send('cd');
  await answered.until(/\/a abcd$/);
  silent.send('c');
  endTurns();
  assertRawProblem(t, await silent.closed(), 'request-timeout');
  answered.send('GET /b HTTP/1.1\r\nHost: x\r\n\r\n');
  t.notRegex(await answered.until(/\/b $/), / 408 /);
  t.is(refused(), 3);
});
