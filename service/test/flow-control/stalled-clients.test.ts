/** A client that takes nothing is cut off, whatever it has asked for. */
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { call, set } from '../support/call.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { errorsIn, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

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
    stalled.socket.resume();
    t.true((await stalled.closed()).length < 50 * large.length);
    t.is((await call(service, '/get/large')).status, 200);
    t.deepEqual(errorsIn(service), []);
  });
}
