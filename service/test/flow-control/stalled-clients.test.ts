/** A client that takes nothing is cut off, whatever it has asked for. */
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { cutStalledClients } from '../../src/flow-control/stalled-clients.ts';
import { call, set } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { samples } from '../support/samples.ts';
import { errorsIn, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { heldFrom } from '../support/system-queues.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

for (const target of ['/get/large', '/search?prefix=l&values=true']) {
  test(`a client that sends 50 reads of ${target} ahead and takes nothing is cut off`, async (t) => {
    const service = await startService(t, kind, { stallTimeout: 500 });
    const large = 'x'.repeat(900_000);
    t.is((await set(service, { large })).status, 200);
    const stalled = await connectRaw(t, service);
    stalled.socket.pause();
    // More than the system keeps for a connection.
    stalled.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(50));
    const metricsShow = async (pattern: RegExp) => pattern.test(await service.registry.metrics());
    await waitFor('it is served', () => metricsShow(/^http_server_active_requests [1-9]/m));
    await waitFor('it is cut off', () => metricsShow(/^http_server_active_requests 0$/m));
    await waitFor('the system keeps nothing for it', () => heldFrom(service.port) === 0);
    stalled.socket.resume();
    t.true((await stalled.closed()).length < 50 * large.length);
    t.is((await call(service, '/get/large')).status, 200);
    t.deepEqual(errorsIn(service), []);
  });
}

test('a watch that takes nothing is told so once, and is cut when it does not take that either', async (t) => {
  // So that connections are looked at at least as often as time goes on here.
  const stallTimeout = 40;
  const serverClock = new ManualClock();
  const service = await startService(t, kind, { stallTimeout, serverClock, watches: { maxBacklog: 64 << 20 } });
  const metric = async (name: string) => (await samples(service)).get(name) ?? 0;
  const told = () => metric('kvstore_http_problems_total{code="slow-consumer"}');
  const quick = await openEvents(t, service, '/watch');
  const slow = await openEvents(t, service, '/watch');
  const never = await openEvents(t, service, '/watch');
  for (const { response } of [slow, never]) response.pause();
  // More than the system keeps for a connection.
  for (let i = 1; i <= 12; i++) {
    await set(service, { large: 'x'.repeat(900_000) });
    await quick.until(i);
  }
  let before = -1;
  await waitFor('the system takes nothing more of it', () => {
    const last = before;
    before = heldFrom(service.port);
    return before === last;
  });
  const passUntil = (what: string, isSo: () => Promise<boolean>) =>
    waitFor(what, async () => {
      if (await isSo()) return true;
      serverClock.pass(stallTimeout / 4);
      return false;
    });
  await passUntil('both are told', async () => (await told()) === 2);
  t.is(await metric('kvstore_watches'), 3, 'and none is cut yet');
  slow.response.resume();
  await waitFor('the one that reads again is ended', () => slow.ended());
  const last = slow.events.at(-1);
  t.is(last?.event, 'error');
  t.regex(last?.data ?? '', /Nothing was taken for 40 ms/);
  t.true(slow.response.complete, 'not cut');
  await passUntil('the other one is cut', async () => (await metric('kvstore_watches')) === 1);
  t.is(await told(), 2, 'each once');
  never.response.resume();
  await waitFor('it is ended', () => never.ended());
  t.false(never.response.complete);
  t.false(quick.ended());
  t.deepEqual(errorsIn(service), []);
});

test('a connection whose end waits for room is cut, too', async (t) => {
  const server = new EventEmitter();
  const clock = new ManualClock();
  const cut: Socket[] = [];
  const limits = { stallTimeout: 40, minRate: 0, clock, cut: (socket: Socket) => cut.push(socket) };
  cutStalledClients(server as unknown as Server, limits);
  t.teardown(() => server.emit('close'));
  const [open, ending] = [new Socket(), new Socket()];
  Object.defineProperty(ending, 'writableEnded', { value: true });
  for (const socket of [open, ending]) server.emit('connection', socket);
  await waitFor('it is cut', () => {
    clock.pass(10);
    return cut.length > 0;
  });
  t.deepEqual(new Set(cut), new Set([ending]));
});
