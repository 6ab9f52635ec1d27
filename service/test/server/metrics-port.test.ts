import test from 'ava';
import { Gauge } from 'prom-client';
import { holdConnections } from '../../../test-support/network/hold-connections.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { someTokens } from '../support/tokens.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

test('metrics on a port of their own: they and nothing else are there, and they are nowhere else', async (t) => {
  const tokens = await someTokens(t);
  const service = await startService(t, kind, { metricsPort: 0, tokens });
  const own = { port: service.metricsPort ?? 0 };
  t.true(own.port > 0 && own.port !== service.port);
  const answer = await call(own, '/metrics');
  t.is(answer.status, 200);
  t.regex(answer.text, /^kvstore_keys 0$/m);
  t.is((await call(own, '/metrics', { method: 'HEAD' })).text, '');
  for (const path of ['/', '/get/a', '/search?prefix=a', '/livez', '/metrics/', '/ui']) {
    t.is((await call(own, path)).status, 404, path);
  }
  t.is((await call(own, '/set', { body: '{"a":1}' })).status, 405);
  t.is((await call(service, '/livez')).status, 200);
  assertProblem(t, await call(service, '/metrics'), 'unauthorized');
  const open = await startService(t, kind, { metricsPort: 0 });
  assertProblem(t, await call(open, '/metrics'), 'unknown-path');
  t.false((await call(open, '/openapi.json')).text.includes('/metrics'));
  await set(open, { a: 1 });
  t.is((await get(open, 'a')).text, '1');
});

test('a port that is taken is said, and nothing is left open', async (t) => {
  const first = await startService(t, kind, { metricsPort: 0 });
  await t.throwsAsync(startService(t, kind, { metricsPort: first.metricsPort ?? 0 }), {
    message: /Cannot listen on 127\.0\.0\.1:\d+: another process uses the port/,
  });
});

test('who asks for metrics again and again gets the same text for a second', async (t) => {
  const service = await startService(t, kind, { metricsMaxAge: 60_000 });
  const first = await call(service, '/metrics');
  await set(service, { a: 1 });
  for (let i = 0; i < 20; i++) t.is((await call(service, '/metrics')).text, first.text);
});

test('a scrape of the metrics port is answered beside clients that ask for metrics ahead and read nothing', async (t) => {
  const service = await startService(t, kind, { metricsPort: 0, metricsMaxAge: 60_000 });
  let made = 0;
  new Gauge({
    name: 'made',
    help: 'How often.',
    registers: [service.registry],
    collect() {
      this.set(++made);
    },
  });
  const own = { port: service.metricsPort ?? 0 };
  await holdConnections(t, own, { connections: 80, ahead: 500, target: '/metrics' });
  t.regex((await call(own, '/metrics')).text, /^made 1$/m);
  t.is((await call(service, '/livez')).status, 200);
  t.is(made, 1);
  const ahead = await exchange(t, own, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
  t.is(ahead.match(/^made 1$/gm)?.length, 1, 'one answer for each connection');
});
