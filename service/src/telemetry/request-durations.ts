/**
 * A histogram of requests' durations by method, route and status, in the registry beside prom-client's own metrics.
 * prom-client's Histogram checks its labels and joins them to a text for each value, through a kept handle as well: 9% of
 * a read (docs/adr/0245). Here a value is three lookups and one count, and a scrape puts the labels together.
 */
import type { MetricValueWithName, Registry } from 'prom-client';

const name = 'http_server_request_duration_seconds';
const help = 'Duration of HTTP server requests.';

/** The span of a sampled request. */
export interface Example {
  readonly traceId: string;
  readonly spanId: string;
}

/** Seconds. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Tally {
  /** Values up to each bound and beyond the one before it; the last: beyond all. */
  readonly counts: number[];
  /** For the same buckets: the last sampled request, where there was one. */
  readonly exemplars: (Exemplar | undefined)[];
  sum: number;
}

/** As prom-client's registry writes it, when it writes OpenMetrics. */
interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export class RequestDurations {
  readonly name = name;
  readonly #wall: () => number;
  readonly #tallies = new Map<string, Map<string, Map<number, Tally>>>();

  /** `wall`: milliseconds since 1970, for exemplars. */
  constructor(registry: Registry, wall: () => number = Date.now) {
    this.#wall = wall;
    // A registry asks no more of a metric than its name and get().
    registry.registerMetric(this as unknown as Parameters<Registry['registerMetric']>[0]);
  }

  observe(method: string, route: string, status: number, seconds: number, example?: Example): void {
    const tally = this.#tallies.get(method)?.get(route)?.get(status) ?? this.#newTally(method, route, status);
    let i = 0;
    while (i < bounds.length && seconds > (bounds[i] as number)) i++;
    tally.counts[i] = (tally.counts[i] as number) + 1;
    tally.sum += seconds;
    if (example === undefined) return;
    const labelSet = { trace_id: example.traceId, span_id: example.spanId };
    tally.exemplars[i] = { labelSet, value: seconds, timestamp: this.#wall() / 1000 };
  }

  /** For the registry. */
  async get(): Promise<object> {
    const values = [...this.#tallies].flatMap(([method, routes]) =>
      [...routes].flatMap(([route, statuses]) =>
        [...statuses].flatMap(([status, tally]) =>
          valuesOf(tally, {
            http_request_method: method,
            http_route: route,
            http_response_status_code: String(status),
          }),
        ),
      ),
    );
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }

  #newTally(method: string, route: string, status: number): Tally {
    const routes = getOrAdd(this.#tallies, method, () => new Map<string, Map<number, Tally>>());
    const statuses = getOrAdd(routes, route, () => new Map<number, Tally>());
    return getOrAdd(statuses, status, newTally);
  }
}

function newTally(): Tally {
  const buckets = bounds.length + 1;
  return { counts: new Array(buckets).fill(0), exemplars: new Array(buckets).fill(undefined), sum: 0 };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function valuesOf(
  { counts, exemplars, sum }: Tally,
  labels: Record<string, string>,
): (MetricValueWithName<string> & { exemplar?: Exemplar | undefined })[] {
  let count = 0;
  const buckets = counts.map((each, i) => {
    count += each;
    const ofBucket = { le: bounds[i] ?? '+Inf', ...labels };
    return { metricName: `${name}_bucket`, labels: ofBucket, value: count, exemplar: exemplars[i] };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
