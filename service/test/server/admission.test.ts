import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { waitFor } from '../../../test-support/wait-for.ts';
import { EventLoopScheduler } from '../../src/flow-control/event-loop-scheduler.ts';
import { admission } from '../../src/server/admission.ts';
import { httpMetrics } from '../../src/telemetry/http-metrics.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set, singleConnection } from '../support/call.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { type ServiceOptions, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// What happens before a request reaches the store is the same for every kind.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

/** A service each of whose searches keeps the event loop busy for so many milliseconds. */
async function startBusy(t: ExecutionContext, milliseconds: number, options: ServiceOptions = {}) {
  let searches = 0;
  const service = await startService(t, kind, {
    maxWait: 100,
    ...options,
    around: (store) => {
      const snapshot = store.snapshot.bind(store);
      store.snapshot = () => {
        searches++;
        const end = performance.now() + milliseconds;
        while (performance.now() < end);
        return snapshot();
      };
      return store;
    },
  });
  return { service, searches: () => searches };
}

/** Each has one request: a repeated search needs no work. */
const slowSearch = (i: number) => `/search?prefix=a&after=${i}&limit=1`;

test('more than can be done is refused with 503 and Retry-After; probes and what follows are answered', async (t) => {
  const { service, searches } = await startBusy(t, 15);
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => call(service, slowSearch(i))));
  const refused = answers.filter(({ status }) => status === 503);
  t.is(answers.filter(({ status }) => status === 200).length + refused.length, 300);
  t.true(refused.length > 100, `${refused.length} refused`);
  t.true(refused.length < 300, 'some are served');
  for (const answer of refused) {
    assertProblem(t, answer, 'overloaded');
    t.is(answer.headers['retry-after'], '1');
  }
  t.is(searches(), 300 - refused.length, 'a refused request does no work');
  t.is((await call(service, '/search?prefix=a&after=0&limit=1')).status, 200);
  const { text } = await call(service, '/metrics');
  t.regex(text, new RegExp(`status_code="503"\\} ${refused.length}\\n`));
  t.regex(text, /http_server_active_requests 1\n/);
});

for (const path of ['/livez', '/readyz', '/metrics']) {
  test(`${path} does not wait behind what waits`, async (t) => {
    const { service } = await startBusy(t, 15, { maxWait: 60_000 });
    let done = 0;
    const searches = Array.from({ length: 100 }, async (_, i) => {
      await call(service, slowSearch(i));
      done++;
    });
    await waitFor('searches are served', () => done > 2);
    t.is((await call(service, path)).status, 200);
    t.true(done < 90, `${done} searches were served before the probe`);
    await Promise.all(searches);
    t.is(done, 100, 'every request that may wait is served');
  });
}

test('a single read does not wait behind what waits', async (t) => {
  const { service } = await startBusy(t, 15, { maxWait: 60_000 });
  await set(service, { a: 1 });
  let done = 0;
  const searches = Array.from({ length: 100 }, async (_, i) => {
    await call(service, slowSearch(i));
    done++;
  });
  await waitFor('searches are served', () => done > 2);
  t.is((await get(service, 'a')).text, '1');
  t.true(done < 90, `${done} searches were served before the read`);
  await Promise.all(searches);
});

test('a refused write leaves its connection in step, whatever its size', async (t) => {
  const { service } = await startBusy(t, 30, { maxWait: 0 });
  const agent = singleConnection(t);
  for (const size of [10, 100_000]) {
    const busy = Array.from({ length: 20 }, (_, i) => call(service, slowSearch(i)));
    const answer = await set(service, { a: 'x'.repeat(size) }, { agent });
    if (answer.status !== 200) assertProblem(t, answer, 'overloaded');
    t.is((await call(service, '/livez', { agent })).text, '{"status":"ok"}');
    await Promise.all(busy);
  }
});

test('a client that leaves while it waits costs no work', async (t) => {
  const { service, searches } = await startBusy(t, 20, { maxWait: 60_000 });
  const first = Array.from({ length: 5 }, (_, i) => call(service, slowSearch(i)));
  const gone = await Promise.all(Array.from({ length: 20 }, () => connectRaw(t, service)));
  for (const { socket, send } of gone) {
    send('GET /search?prefix=a&after=9&limit=1 HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.end();
    socket.destroy();
  }
  await Promise.all(first);
  t.is((await call(service, '/search?prefix=a&after=0&limit=1')).status, 200);
  t.true(searches() < 26, `${searches()} searches`);
});

test('what has waited is served in the context in which it came, such as its trace', async (t) => {
  const clock = new ManualClock();
  const turns = new EventLoopScheduler(clock);
  const context = new AsyncLocalStorage<string>();
  const served: [url: string | undefined, context: string | undefined][] = [];
  const metrics = httpMetrics(new Registry());
  const listener = admission(
    { scheduler: turns, maxWait: 60_000, metrics, spans: { bind: AsyncLocalStorage.bind } },
    ({ url }) => {
      served.push([url, context.getStore()]);
    },
  );
  t.true(turns.free());
  clock.pass(1000);
  t.false(turns.free(), 'no time is left');
  const urls = Array.from({ length: 150 }, (_, i) => `/${i}`);
  for (const url of urls) {
    const request = { method: 'GET', url, headers: {} } as IncomingMessage;
    context.run(url, () => listener(request, { destroyed: false } as ServerResponse));
  }
  t.deepEqual(served, []);
  await waitFor('all are served', () => served.length === urls.length);
  t.deepEqual(
    served,
    urls.map((url) => [url, url]),
  );
});
