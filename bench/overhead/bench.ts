/**
 * `npm run bench:overhead [rounds] [seconds]`: what metrics and traces cost. The same requests to the service without
 * metrics, as it is, and with traces at 1% and at 100%, in turn (slices/), each with so many seconds in a round. The
 * load on one core, the services on another, as `npm run bench` does it. Each round has processes of its own: V8 does not
 * compile every process alike, and that is as much as what is looked for.
 */
import { loadavg } from 'node:os';
import { gets, posts } from '../load/requests.ts';
import { loadCore, moveToCore } from '../pinned.ts';
import { median, spreadOf } from '../slices/statistics.ts';
import { measure, type Result } from './measure.ts';
import { startSink } from './sink.ts';
import { startVariant, type Variant, variants } from './variants.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
/** At 1% a few hundred requests a second are sampled: what serves them is compiled for half a minute, on the same core. */
const warmUpSeconds = 20;
const pairs = '{"key-1":"a value of some twenty bytes"}';
const requests = [
  { what: 'GET /get/{key}', sent: gets(['/get/key-1']) },
  { what: 'POST /set', sent: posts('/set', [pairs]) },
];

/** The first is what metrics are compared with, the second what traces are compared with. */
const baselines: Record<Variant, Variant | undefined> = {
  'no metrics': undefined,
  metrics: 'no metrics',
  'metrics, 1% traces': 'metrics',
  'metrics, all traces': 'metrics',
};

moveToCore(loadCore, process.pid);
const results = new Map<string, Result[]>();
const loadAverages = [loadavg()[0] ?? 0];
let spanBytes = 0;
for (let round = 0; round < rounds; round++) {
  await using ending = new AsyncDisposableStack();
  const sink = ending.adopt(await startSink(), (each) => each.close());
  const servers = await Promise.all(variants.map((variant) => startVariant(variant, sink.url, ending)));
  for (const { url } of servers) await fetch(`${url}/set`, { method: 'POST', body: pairs });
  for (const { what, sent } of requests) {
    await measure(servers, sent, warmUpSeconds);
    // As Prometheus does meanwhile.
    for (const { url } of servers) await (await fetch(`${url}/metrics`)).text();
    const seen = await measure(servers, sent, seconds);
    seen.forEach((result, i) => {
      const name = `${what} ${variants[i]}`;
      results.set(name, [...(results.get(name) ?? []), result]);
    });
    loadAverages.push(loadavg()[0] ?? 0);
  }
  spanBytes += sink.received();
}
console.log(`${spanBytes} bytes of spans`);

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
      const shown = (values: number[]) => {
        const { least, most } = spreadOf(values);
        return base === undefined ? '' : `${percent(median(values))} (${percent(least)} to ${percent(most)})`;
      };
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
const { least, most } = spreadOf(loadAverages);
console.log(`${rounds} rounds of ${seconds} s; load average ${least.toFixed(1)} to ${most.toFixed(1)}`);
