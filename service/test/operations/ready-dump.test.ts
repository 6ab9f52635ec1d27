import { waitFor } from '../../../test-support/wait-for.ts';
import { call, set } from '../support/call.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { errorsIn, type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const counted = /^http_server_request_duration_seconds_count\{http_request_method="GET",http_route="\/",.*\} (\d+)$/m;

/** How many dumps have ended. */
async function ended(service: Service): Promise<number> {
  return Number(counted.exec(await service.registry.metrics())?.[1] ?? 0);
}

contractTest('every dump is the state after the last write, in parts or in one', async (t, kind) => {
  const service = await startService(t, kind);
  const pairs: Record<string, string> = {};
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 3; j++) pairs[`key-${i}-${j}`] = 'é'.repeat(10_000 + i);
    const { headers } = await set(service, pairs);
    for (let again = 0; again < 4; again++) {
      const dump = await call(service, '/');
      t.true(dump.text === JSON.stringify(pairs), `after write ${i}, dump ${again}`);
      t.is(dump.headers.etag, headers.etag);
    }
  }
  t.is(await ended(service), 24);
  t.regex(await service.registry.metrics(), /^http_server_active_requests 0$/m);
});

contractTest('dumps agree with what was acknowledged while others write', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { counter: 0, filler: 'x'.repeat(100_000) });
  let acknowledged = 0;
  let writing = true;
  const writer = (async () => {
    for (let i = 1; i <= 60; i++) {
      await set(service, { counter: i, [`key-${i % 7}`]: 'y'.repeat(i * 100) });
      acknowledged = i;
    }
    writing = false;
  })();
  let dumps = 0;
  while (writing) {
    const before = acknowledged;
    const { counter } = JSON.parse((await call(service, '/')).text);
    t.true(counter >= before, `${counter} after ${before} was acknowledged`);
    dumps++;
  }
  await writer;
  t.true(dumps > 0);
});

contractTest('a client that takes nothing of its dumps is cut off, and counted', async (t, kind) => {
  const service = await startService(t, kind, { stallTimeout: 500 });
  const body = JSON.stringify({ large: 'x'.repeat(900_000) });
  t.is((await set(service, body)).status, 200);
  await waitFor('the dump is ready', async () => (await call(service, '/')).headers['content-length'] !== undefined);
  const before = await ended(service);
  const stalled = await connectRaw(t, service);
  stalled.socket.pause();
  // More than the system keeps for a connection.
  stalled.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(40));
  const idle = /^http_server_active_requests 0$/m;
  await waitFor('it is begun', async () => (await ended(service)) > before);
  await waitFor('it is cut off', async () => idle.test(await service.registry.metrics()));
  stalled.socket.resume();
  const received = await stalled.closed();
  t.true(received.length < 40 * body.length);
  t.is((await call(service, '/')).text, body);
  t.deepEqual(errorsIn(service), []);
});

contractTest('a request for a dump while draining ends its connection', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  service.drain.begin();
  const connection = await connectRaw(t, service);
  connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  t.regex(await connection.closed(), /^Connection: close\r$[\s\S]*\{"a":1\}$/m);
});
