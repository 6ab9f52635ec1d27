/**
 * `npm run bench:overhead [rounds] [seconds]`: what metrics and traces cost. The same requests to the service without
 * metrics, as it is, and with traces at 1%, then as it is and with all traces: in turn (slices/), each with so many
 * seconds in a round. The load on one core, the services on another, as `npm run bench` does it. Each round has processes
 * of its own: V8 does not compile every process alike, and that is as much as what is looked for. Each second is compared
 * for itself: on a virtual machine one of the processes may be slow for some of them, and the median leaves those out.
 */
import { loadavg } from 'node:os';
import { quantile } from '../../test-support/quantile.ts';
import { gets, posts } from '../load/requests.ts';
import { loadCore, moveToCore } from '../pinned.ts';
import { median, spreadOf } from '../slices/statistics.ts';
import { measure, type Result } from './measure.ts';
import { startSink } from './sink.ts';
import { startVariant, type Variant } from './variants.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
/** At 1% a few hundred requests a second are sampled: it takes long until most of what serves them is compiled. */
const warmUpSeconds = 12;
const pairs = '{"key-1":"a value of some twenty bytes"}';
const requests = [
  { what: 'GET /get/{key}', sent: gets(['/get/key-1']) },
  { what: 'POST /set', sent: posts('/set', [pairs]) },
];

/**
 * What is loaded in turn, each compared with the one before it. All traces apart from the rest: whoever had the core next
 * would find its caches full of them, and a sampled request, which needs what no other does, would pay for it most.
 */
const groups: readonly (readonly Variant[])[] = [
  ['no metrics', 'metrics', 'metrics, 1% traces'],
  ['metrics', 'metrics, all traces'],
];

moveToCore(loadCore, process.pid);
const results = new Map<string, Result[]>();
const loadAverages = [loadavg()[0] ?? 0];
let spanBytes = 0;
for (let round = 0; round < rounds; round++) {
  for (const [i, group] of groups.entries()) {
    await using ending = new AsyncDisposableStack();
    const sink = ending.adopt(await startSink(), (each) => each.close());
    const servers = await Promise.all(group.map((variant) => startVariant(variant, sink.url, ending)));
    for (const { url } of servers) await fetch(`${url}/set`, { method: 'POST', body: pairs });
    for (const { what, sent } of requests) {
      await measure(servers, sent, warmUpSeconds);
      // As Prometheus does meanwhile.
      for (const { url } of servers) await (await fetch(`${url}/metrics`)).text();
      for (let second = 0; second < seconds; second++) {
        const seen = await measure(servers, sent, 1);
        group.forEach((variant, place) => {
          const name = nameOf(i, what, variant);
          results.set(name, [...(results.get(name) ?? []), seen[place] as Result]);
        });
      }
      loadAverages.push(loadavg()[0] ?? 0);
    }
    spanBytes += sink.received();
  }
}
console.log(`${spanBytes} bytes of spans`);

console.table(
  requests.flatMap(({ what }) =>
    groups.flatMap((group, i) =>
      group.map((variant, place) => {
        const against = group[place - 1];
        const own = results.get(nameOf(i, what, variant)) ?? [];
        const base = against === undefined ? undefined : results.get(nameOf(i, what, against));
        // Second by second: both were measured in the same ones.
        const costs = own.map(({ rate }, n) => 1 - rate / (base?.[n]?.rate ?? Number.NaN));
        const cpuCosts = own.map(({ cpu }, n) => cpu / (base?.[n]?.cpu ?? Number.NaN) - 1);
        return {
          request: what,
          service: variant,
          'per second': Math.round(median(own.map(({ rate }) => rate))),
          'us of cpu': median(own.map(({ cpu }) => cpu)).toFixed(1),
          against: against ?? '',
          'cost in rate': base === undefined ? '' : middleHalf(costs),
          'cost in cpu': base === undefined ? '' : middleHalf(cpuCosts),
        };
      }),
    ),
  ),
);
const { least, most } = spreadOf(loadAverages);
console.log(
  `${rounds} rounds of ${seconds} s; medians and quartiles of all seconds; load average ${least.toFixed(1)} to ${most.toFixed(1)}`,
);

function nameOf(group: number, what: string, variant: Variant): string {
  return `${group} ${what} ${variant}`;
}

/** The median, and the quartiles around it. */
function middleHalf(values: readonly number[]): string {
  const percent = (part: number) => `${(100 * part).toFixed(1)}%`;
  const quartile = (q: number) => percent(quantile(values, q) ?? Number.NaN);
  return `${percent(median(values))} (${quartile(0.25)} to ${quartile(0.75)})`;
}
