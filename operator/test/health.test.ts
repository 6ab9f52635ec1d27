import test from 'ava';
import { Counter, Registry } from 'prom-client';
import { prometheusAccepts } from '../../service/test/support/prometheus-accepts.ts';
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
