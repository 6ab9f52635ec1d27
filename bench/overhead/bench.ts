/**
 * `npm run bench:overhead [rounds] [seconds]`: what metrics and traces cost. The same requests to the service without
 * metrics, as it is, and with traces at 1% and at 100%, in turn within each round, so that what else the machine does
 * falls on all of them. wrk on one core, the services on another. Besides the rate, which a busy machine disturbs, the
 * time that the service computes for a request. Needs wrk and taskset (Debian: wrk, util-linux).
 */
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startSink } from './sink.ts';
import { median, range } from './statistics.ts';
import { startVariant, type Variant, variants } from './variants.ts';
import { wrk } from './wrk.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
/** At 1% a few hundred requests a second are sampled: it takes seconds until what serves them is compiled. */
const warmUpSeconds = 6;
const key = 'key-1';
const pairs = JSON.stringify({ [key]: 'a value of some twenty bytes' });
const setScript = fileURLToPath(new URL('set.lua', import.meta.url));
const requests = [
  { what: 'GET /get/{key}', path: `/get/${key}`, script: undefined },
  { what: 'POST /set', path: '/set', script: setScript },
] as const;

/** The first is what metrics are compared with, the second what traces are compared with. */
const baselines: Record<Variant, Variant | undefined> = {
  'no metrics': undefined,
  metrics: 'no metrics',
  'metrics, 1% traces': 'metrics',
  'metrics, all traces': 'metrics',
};

const sink = await startSink();
const running = await Promise.all(variants.map((variant) => startVariant(variant, sink.url)));
interface Result {
  readonly rate: number;
  /** Microseconds of the processor. */
  readonly cpu: number;
}

const results = new Map<string, Result[]>();
const load = [loadavg()[0] ?? 0];
try {
  for (const { url } of running) await fetch(`${url}/set`, { method: 'POST', body: pairs });
  for (let round = -1; round < rounds; round++) {
    for (const { what, path, script } of requests) {
      // Another one first each time: what the machine does in a rhythm falls on all of them.
      const first = (round + 1) % running.length;
      for (const { url, variant, cpuSeconds } of [...running.slice(first), ...running.slice(0, first)]) {
        const before = cpuSeconds();
        const measured = wrk(url + path, round < 0 ? warmUpSeconds : seconds, script);
        // As Prometheus does meanwhile.
        await (await fetch(`${url}/metrics`)).text();
        const { requests: count, perSecond: rate } = await measured;
        const cpu = ((cpuSeconds() - before) / count) * 1e6;
        const name = `${what} ${variant}`;
        if (round >= 0) results.set(name, [...(results.get(name) ?? []), { rate, cpu }]);
      }
    }
    load.push(loadavg()[0] ?? 0);
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
      // Round by round: both were measured within seconds.
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
