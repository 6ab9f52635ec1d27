/**
 * `npm run bench:overhead [rounds] [seconds]`: what metrics and traces cost. The same requests to the service without
 * metrics, as it is, and with traces at 1% and at 100%, in turn (slices.ts), each with so many seconds in a round. The
 * load on one core, the services on another. Needs taskset (Debian: util-linux).
 */
import { loadavg } from 'node:os';
import { loadCore, moveToCore } from '../speed/pinned.ts';
import { startSink } from './sink.ts';
import { loadInTurn, type Request, type Result } from './slices.ts';
import { median, range } from './statistics.ts';
import { startVariant, type Variant, variants } from './variants.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
/** At 1% a few hundred requests a second are sampled: it takes seconds until what serves them is compiled. */
const warmUpSeconds = 6;
const pairs = '{"key-1":"a value of some twenty bytes"}';
const requests: readonly Request[] = [
  { what: 'GET /get/{key}', send: (connection) => connection.get('/get/key-1') },
  { what: 'POST /set', send: (connection) => connection.post('/set', pairs) },
];

/** The first is what metrics are compared with, the second what traces are compared with. */
const baselines: Record<Variant, Variant | undefined> = {
  'no metrics': undefined,
  metrics: 'no metrics',
  'metrics, 1% traces': 'metrics',
  'metrics, all traces': 'metrics',
};

moveToCore(loadCore, process.pid);
const sink = await startSink();
const running = await Promise.all(variants.map((variant) => startVariant(variant, sink.url)));
const results = new Map<string, Result[]>();
const load = [loadavg()[0] ?? 0];
try {
  for (const { url } of running) await fetch(`${url}/set`, { method: 'POST', body: pairs });
  for (const request of requests) {
    await loadInTurn(running, request, warmUpSeconds);
    for (let round = 0; round < rounds; round++) {
      // As Prometheus does meanwhile.
      for (const { url } of running) await (await fetch(`${url}/metrics`)).text();
      const seen = await loadInTurn(running, request, seconds);
      seen.forEach((result, i) => {
        const name = `${request.what} ${running[i]?.variant}`;
        results.set(name, [...(results.get(name) ?? []), result]);
      });
      load.push(loadavg()[0] ?? 0);
    }
  }
} finally {
  await Promise.all(running.map(({ stop }) => stop()));
  sink.close();
}

const percent = (part: number) => `${(100 * part).toFixed(1)}%`;
console.table(
  requests.flatMap(({ what }) =>
    variants.map((variant) => {
      const own = results.get(`${what} ${variant}`) ?? [];
      const baseline = baselines[variant];
      const base = baseline === undefined ? undefined : results.get(`${what} ${baseline}`);
      // Round by round: both were measured in the same seconds.
      const costs = own.map(({ rate }, i) => 1 - rate / (base?.[i]?.rate ?? Number.NaN));
      const cpuCosts = own.map(({ cpu }, i) => cpu / (base?.[i]?.cpu ?? Number.NaN) - 1);
      const shown = (values: number[]) =>
        base === undefined ? '' : `${percent(median(values))} (${range(values, percent)})`;
      return {
        request: what,
        service: variant,
        'per second': Math.round(median(own.map(({ rate }) => rate))),
        'us of cpu': median(own.map(({ cpu }) => cpu)).toFixed(1),
        against: baseline ?? '',
        'cost in rate': shown(costs),
        'cost in cpu': shown(cpuCosts),
      };
    }),
  ),
);
console.log(
  `${rounds} rounds of ${seconds} s; load average ${range(load, (each) => each.toFixed(1))}; ${sink.received()} bytes of spans`,
);
