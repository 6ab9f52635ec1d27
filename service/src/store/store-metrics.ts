/** Metrics of any store: what is in it. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type DamagedPart, damagedParts } from './damage/damage.ts';

/** What the gauges read at each scrape. */
export interface Observed {
  revision(): number;
  size(): number;
  bytes(): number;
}

export interface StoreMetrics {
  /** The gauges show this index from now on. */
  observe(index: Observed): void;
  /** A read met damage, or a check found it. */
  damaged(part: DamagedPart): void;
  folderLost(isLost: boolean): void;
}

export function storeMetrics(registry: Registry): StoreMetrics {
  let observed: Observed | undefined;
  const gauge = (name: string, help: string, read: (index: Observed) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        if (observed === undefined) return;
        try {
          this.set(read(observed));
        } catch {
          // Damaged, and counted as such: the other metrics are needed all the more.
          this.reset();
        }
      },
    });
  gauge('kvstore_keys', 'Keys in the store.', (index) => index.size());
  gauge('kvstore_index_bytes', 'Bytes of disk that the index takes.', (index) => index.bytes());
  gauge('kvstore_revision', 'Revision of the newest write in the index.', (index) => index.revision());
  const damages = new Counter({
    name: 'kvstore_data_damage_total',
    help: 'Reads of the disk that found something else than was written, by what it was; none of it was served.',
    labelNames: ['part'],
    registers: [registry],
  });
  for (const part of damagedParts) damages.inc({ part }, 0);
  const lost = new Gauge({
    name: 'kvstore_data_folder_lost',
    help: '1 while the data file is not where it was opened: its folder was removed or replaced.',
    registers: [registry],
  });
  return {
    damaged: (part) => damages.inc({ part }),
    folderLost: (isLost) => lost.set(isLost ? 1 : 0),
    observe(index) {
      observed = index;
    },
  };
}
