/** Texts that clients do not take: one budget for all, in which those that wait longest make room. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { type Answer, textAnswer } from '../../src/answers/answer.ts';
import { sender } from '../../src/answers/send.ts';
import { ByteBudget } from '../../src/flow-control/byte-budget.ts';
import { EventLoopScheduler } from '../../src/flow-control/event-loop-scheduler.ts';
import { connectRaw } from '../support/raw-connection.ts';

/** More than the system takes for a connection that reads nothing. */
const size = 16 << 20;
const large = 'x'.repeat(size);

async function serve(t: ExecutionContext, answer: () => Answer) {
  const clock = { now: 0 };
  const budget = new ByteBudget(2 * size + 1000, () => clock.now);
  const send = sender(new EventLoopScheduler(), budget);
  const server = createServer((_request, response) => {
    const refuse = (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      response.writeHead(error.status, { Code: error.code }).end();
    };
    try {
      send(response, answer())?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = async (isReading: boolean) => {
    const connection = await connectRaw(t, { port });
    if (!isReading) connection.socket.pause();
    connection.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    return connection;
  };
  return { clock, budget, ask };
}

test('a text that has no room is refused; after a second the one that waits longest makes room', async (t) => {
  const { clock, budget, ask } = await serve(t, () => textAnswer(200, [], large));
  const first = await ask(false);
  await waitFor('one waits', () => budget.bytes === size);
  await ask(false);
  await waitFor('two wait', () => budget.bytes === 2 * size);
  t.regex(await (await ask(true)).closed(), /^HTTP\/1\.1 503 .*Code: overloaded/s);
  clock.now += 2000;
  const reader = await ask(true);
  const text = await reader.closed();
  t.true(text.startsWith('HTTP/1.1 200') && text.length > size, 'one that reads gets all of it');
  first.socket.resume();
  t.true((await first.closed()).length < size, 'the first was cut');
  await waitFor('what was taken is given back', () => budget.bytes === size);
});

test('slices count one by one; those that wait too long are cut, and others go on', async (t) => {
  let released = 0;
  const { clock, budget, ask } = await serve(t, () => ({
    kind: 'slices',
    status: 200,
    headers: [],
    slices: [large, large, 'end'],
    onCut() {},
    release() {
      released++;
    },
  }));
  const stuck = [await ask(false), await ask(false)];
  await waitFor('two wait', () => budget.bytes === 2 * size);
  t.regex(await (await ask(true)).closed(), /^HTTP\/1\.1 503 .*Code: overloaded/s);
  t.is(released, 1, 'what is refused is given back');
  clock.now += 2000;
  const text = await (await ask(true)).closed();
  t.regex(text.slice(-20), /end\r\n0\r\n\r\n$/);
  t.true(text.length > 2 * size);
  for (const { socket } of stuck) socket.destroy();
  await waitFor('all is given back', () => budget.bytes === 0 && released === 4);
});
