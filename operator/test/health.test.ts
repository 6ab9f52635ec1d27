import test from 'ava';
import { Counter, Gauge, Registry } from 'prom-client';
import { call } from '../../service/test/support/call.ts';
import { prometheusAccepts } from '../../service/test/support/prometheus-accepts.ts';
import { exchange } from '../../service/test/support/raw-connection.ts';
import { holdConnections } from '../../test-support/network/hold-connections.ts';
import { listenForHealth } from '../src/control/health.ts';

test('every Prometheus gets the text format, which each of them takes', async (t) => {
  const registry = new Registry();
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc();
  const options = { host: '127.0.0.1', port: 0, registry, illness: () => undefined, isReady: () => true };
  const health = await listenForHealth(options);
  t.teardown(() => health.close());
  for (const [name, accept] of Object.entries(prometheusAccepts)) {
    const answer = await fetch(`http://127.0.0.1:${health.port}/metrics`, { headers: { accept } });
    t.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8', name);
    t.regex(await answer.text(), /^things_total 1$/m);
  }
});

test('probes and a scrape are answered beside clients that ask for metrics ahead and read nothing', async (t) => {
  const registry = new Registry();
  let made = 0;
  new Gauge({
    name: 'made',
    help: 'How often.',
    registers: [registry],
    collect() {
      this.set(++made);
    },
  });
  let illness: string | undefined;
  const health = await listenForHealth({
    ...{ host: '127.0.0.1', port: 0, registry, metricsMaxAge: 60_000 },
    illness: () => illness,
    isReady: () => false,
  });
  t.teardown(() => health.close());
  await holdConnections(t, health, { connections: 80, ahead: 500, target: '/metrics' });
  t.is((await call(health, '/livez')).text, 'ok\n');
  t.is((await call(health, '/readyz')).status, 503);
  t.regex((await call(health, '/metrics?a=b')).text, /^made 1$/m);
  t.is(made, 1);
  const ahead = await exchange(t, health, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
  t.is(ahead.match(/^made 1$/gm)?.length, 1, 'one answer for each connection');
  illness = 'a reconcile is stuck';
  t.deepEqual([(await call(health, '/livez')).status, (await call(health, '/')).status], [500, 404]);
});
