/** Metrics of any store: what is in it. */
import { Gauge, type Registry } from 'prom-client';

/** What the gauges read at each scrape. */
export interface Observed {
  revision(): number;
  size(): number;
  bytes(): number;
}

export interface StoreMetrics {
  /** The gauges show this index from now on. */
  observe(index: Observed): void;
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
  return {
    observe(index) {
      observed = index;
    },
  };
}
