/**
 * The histogram of requests' durations by method, route and status. A labelled Histogram of prom-client joins its labels
 * to a text for each value, through a kept handle as well: more than 3% of a read. So each series is a Histogram without
 * labels, and a scrape adds them (docs/adr/0245).
 */
import { Histogram, type Metric, type MetricValueWithName, type Registry } from 'prom-client';

const name = 'http_server_request_duration_seconds';
const help = 'Duration of HTTP server requests.';
/** Seconds. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The span of a sampled request. */
export interface Example {
  readonly traceId: string;
  readonly spanId: string;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly histogram: Histogram;
  readonly handle: Histogram.Internal<string>;
}

export class RequestDurations {
  readonly name = name;
  readonly #series = new Map<string, Map<string, Map<number, Series>>>();

  constructor(registry: Registry) {
    // A registry uses a metric's name and get() only.
    registry.registerMetric(this as unknown as Metric);
  }

  observe(method: string, route: string, status: number, seconds: number, example?: Example): void {
    const series = this.#series.get(method)?.get(route)?.get(status) ?? this.#newSeries(method, route, status);
    if (example === undefined) {
      series.handle.observe(seconds);
      return;
    }
    const exemplarLabels = { trace_id: example.traceId, span_id: example.spanId };
    series.histogram.observe({ labels: {}, value: seconds, exemplarLabels });
  }

  /** For the registry. */
  async get(): Promise<object> {
    const all = [...this.#series.values()].flatMap((routes) =>
      [...routes.values()].flatMap((each) => [...each.values()]),
    );
    const values = await Promise.all(all.map(labelled));
    return { name, help, type: 'histogram', aggregator: 'sum', values: values.flat() };
  }

  #newSeries(method: string, route: string, status: number): Series {
    const routes = getOrAdd(this.#series, method, () => new Map<string, Map<number, Series>>());
    const statuses = getOrAdd(routes, route, () => new Map<number, Series>());
    return getOrAdd(statuses, status, () => {
      const histogram = new Histogram({ name, help, buckets, enableExemplars: true, registers: [] });
      const labels = { http_request_method: method, http_route: route, http_response_status_code: String(status) };
      return { labels, histogram, handle: histogram.labels() };
    });
  }
}

async function labelled({ histogram, labels }: Series): Promise<MetricValueWithName<string>[]> {
  const { values } = await histogram.get();
  return values.map((value) => ({ ...value, labels: { ...value.labels, ...labels } }));
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
