/**
 * `npm run bench:overhead [rounds] [seconds] [comparison]`: what metrics and traces cost. The same requests to two services
 * in turn (slices/), so many seconds each in a round; the load on one core, the services on another, as `npm run bench`
 * does it. Each round has processes of its own: two processes of the same service differ by more than what is looked for,
 * so it takes many rounds to see it, and the result says how far it can be told. What each request pays shows sooner in two
 * services of one process.
 */
import { loadavg } from 'node:os';
import { decimal, text, wholeNumber } from '../../test-support/argument-kinds.ts';
import { endUsage, scriptArguments } from '../../test-support/arguments.ts';
import { possibleSlice } from '../load/load.ts';
import { gets, posts } from '../load/requests.ts';
import { loadCore, moveToCore } from '../pinned.ts';
import { sliceMilliseconds } from '../slices/in-turn.ts';
import { intervalOfMedian, median, spreadOf } from '../slices/statistics.ts';
import { measure, type Second, type Service } from './measure.ts';
import { type Sink, startSink } from './sink.ts';
import { startTwins, startVariant, type Variant } from './variants.ts';

interface Comparison {
  readonly name: string;
  /** Milliseconds of a slice. */
  readonly slice: number;
  /** The one that does less, and the other. */
  start(sink: Sink, ending: AsyncDisposableStack): Promise<readonly Service[]>;
}

interface Round {
  /** Of the one that does more. */
  readonly rate: number;
  readonly costInRate: number;
  readonly costInCpu: number;
}

const {
  rounds,
  seconds,
  comparison: asked,
} = scriptArguments({
  words: {
    rounds: wholeNumber({ default: 6, from: 1, to: 1000 }),
    seconds: decimal({ default: 5, from: 0.1, to: 600 }),
    comparison: text(''),
  },
});
/** At 1% a few hundred requests a second are sampled: it takes long until most of what serves them is compiled. */
const warmUpSeconds = 12;
const pairs = '{"key-1":"a value of some twenty bytes"}';
const requests = [
  { what: 'GET /get/{key}', sent: gets(['/get/key-1']) },
  { what: 'POST /set', sent: posts('/set', [pairs]) },
];
const all: readonly Comparison[] = [
  processes('no metrics', 'metrics'),
  processes('metrics', '1% traces'),
  {
    name: '1% traces against metrics, in one process',
    // A batch of spans is sent within the slice that filled it, but for the last few.
    slice: possibleSlice(5 * sliceMilliseconds),
    start: ({ url }, ending) => startTwins('1% traces', url, ending),
  },
  processes('metrics', 'all traces'),
];
const comparisons = all.filter(({ name }) => name.includes(asked));
if (comparisons.length === 0) endUsage(`None has "${asked}" in its name: ${all.map(({ name }) => name).join('; ')}.`);

moveToCore(loadCore, process.pid);
const results = new Map<string, Round[]>();
const loadAverages = [loadavg()[0] ?? 0];
let spanBytes = 0;
for (let round = 0; round < rounds; round++) {
  for (const comparison of comparisons) {
    await using ending = new AsyncDisposableStack();
    const sink = ending.adopt(await startSink(), (each) => each.close());
    const services = await comparison.start(sink, ending);
    for (const { what, sent } of requests) {
      const seen = roundOf(await load(services, sent, comparison.slice));
      const name = nameOf(comparison, what);
      results.set(name, [...(results.get(name) ?? []), seen]);
      console.log(`${round + 1} ${name}: ${percent(seen.costInRate)} in rate, ${percent(seen.costInCpu)} in cpu`);
      loadAverages.push(loadavg()[0] ?? 0);
    }
    spanBytes += sink.received();
  }
}
console.log(`${spanBytes} bytes of spans`);
console.table(
  requests.flatMap(({ what }) =>
    comparisons.map((comparison) => {
      const own = results.get(nameOf(comparison, what)) ?? [];
      return {
        request: what,
        compared: comparison.name,
        'per second': Math.round(median(own.map(({ rate }) => rate))),
        'cost in rate': withInterval(own.map(({ costInRate }) => costInRate)),
        'cost in cpu': withInterval(own.map(({ costInCpu }) => costInCpu)),
      };
    }),
  ),
);
const { least, most } = spreadOf(loadAverages);
console.log(
  `${rounds} rounds of ${seconds} s; medians of all rounds, and what they lie in with a probability of at least 95%; ` +
    `load average ${least.toFixed(1)} to ${most.toFixed(1)}`,
);

function processes(base: Variant, other: Variant): Comparison {
  return {
    name: `${other} against ${base}`,
    slice: possibleSlice(sliceMilliseconds),
    start: ({ url }, ending) => Promise.all([base, other].map((variant) => startVariant(variant, url, ending))),
  };
}

async function load(services: readonly Service[], sent: ReturnType<typeof gets>, slice: number): Promise<Second[][]> {
  const urls = services.map(({ port }) => `http://127.0.0.1:${port}`);
  for (const url of urls) await fetch(`${url}/set`, { method: 'POST', body: pairs });
  await measure(services, { requests: sent, seconds: warmUpSeconds, slice });
  // As Prometheus does meanwhile.
  for (const url of urls) await (await fetch(`${url}/metrics`)).text();
  return measure(services, { requests: sent, seconds, slice });
}

/** Second by second: on a virtual machine one of the processes may be slow for some, and the median leaves those out. */
function roundOf([base = [], other = []]: readonly Second[][]): Round {
  return {
    rate: median(other.map(({ rate }) => rate)),
    costInRate: median(other.map(({ rate }, i) => 1 - rate / (base[i]?.rate ?? Number.NaN))),
    costInCpu: median(other.map(({ cpu }, i) => cpu / (base[i]?.cpu ?? Number.NaN) - 1)),
  };
}

function nameOf({ name }: Comparison, what: string): string {
  return `${what}, ${name}`;
}

function withInterval(values: readonly number[]): string {
  const [low, high] = intervalOfMedian(values);
  const interval = Number.isFinite(low) ? `${percent(low)} to ${percent(high)}` : 'too few rounds to say how sure';
  return `${percent(median(values))} (${interval})`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}
