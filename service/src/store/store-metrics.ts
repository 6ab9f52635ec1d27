/** Metrics of the store: what is in it, and what writing costs. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the gauges read at each scrape. */
export interface Observed {
  revision(): number;
  size(): number;
  bytes(): number;
}

export interface StoreMetrics {
  /** The gauges show this index from now on. */
  observe(index: Observed): void;
  /** A commit of so many requests begins; call the result when it has ended. */
  commitStarted(requests: number): () => void;
}

export function storeMetrics(registry: Registry): StoreMetrics {
  let observed: Observed | undefined;
  const gauge = (name: string, help: string, read: (index: Observed) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        if (observed !== undefined) this.set(read(observed));
      },
    });
  gauge('kvstore_keys', 'Keys in the store.', (index) => index.size());
  gauge('kvstore_index_bytes', 'Bytes of disk that the index takes.', (index) => index.bytes());
  gauge('kvstore_revision', 'Revision of the newest write in the index.', (index) => index.revision());

  const duration = new Histogram({
    name: 'kvstore_commit_duration_seconds',
    help: 'Time of a commit of the embedded store, flush to disk included.',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const requests = new Counter({
    name: 'kvstore_commit_requests_total',
    help: 'Write requests that were committed; divided by the number of commits, the requests that share a flush.',
    registers: [registry],
  });
  return {
    observe(index) {
      observed = index;
    },
    commitStarted(count) {
      requests.inc(count);
      return duration.startTimer();
    },
  };
}
