/**
 * `npm run bench:overhead [rounds] [seconds]`: what metrics and traces cost. The same requests to the service without
 * metrics, as it is, and with traces at 1% and at 100%, in turn within each round, so that what else the machine does
 * falls on all of them. wrk on one core, the services on another. Needs wrk and taskset (Debian: wrk, util-linux).
 */
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startSink } from './sink.ts';
import { median, range } from './statistics.ts';
import { startVariant, type Variant, variants } from './variants.ts';
import { requestsPerSecond } from './wrk.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
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
const rates = new Map<string, number[]>();
const load = [loadavg()[0] ?? 0];
try {
  for (const { url } of running) await fetch(`${url}/set`, { method: 'POST', body: pairs });
  for (let round = -1; round < rounds; round++) {
    for (const { what, path, script } of requests) {
      for (const { url, variant } of running) {
        const measured = requestsPerSecond(url + path, seconds, script);
        // As Prometheus does meanwhile.
        await (await fetch(`${url}/metrics`)).text();
        const rate = await measured;
        // The first round is for compiled code.
        if (round >= 0) rates.set(`${what} ${variant}`, [...(rates.get(`${what} ${variant}`) ?? []), rate]);
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
      const own = rates.get(`${what} ${variant}`) ?? [];
      const baseline = baselines[variant];
      const base = baseline === undefined ? undefined : rates.get(`${what} ${baseline}`);
      // Round by round: both were measured within seconds.
      const costs = base === undefined ? [] : own.map((rate, i) => 1 - rate / (base[i] ?? Number.NaN));
      return {
        request: what,
        service: variant,
        'per second': Math.round(median(own)),
        'least to most': range(own, (rate) => String(Math.round(rate))),
        against: baseline ?? '',
        cost: costs.length === 0 ? '' : percent(median(costs)),
        'cost, least to most': costs.length === 0 ? '' : range(costs, percent),
      };
    }),
  ),
);
console.log(
  `${rounds} rounds of ${seconds} s; load average ${range(load, (each) => each.toFixed(1))}; ${sink.received()} bytes of spans`,
);
