/**
 * Services in one process, alike but for what is compared: two processes of the same service differ by up to ten percent, as
 * much as a cache has to gain. BENCH_VARIANTS has a list of them in JSON.
 */
import pino from 'pino';
import { readConfig } from '../../service/src/config.ts';
import { createService } from '../../service/src/service.ts';
import { openStore } from '../../service/src/store/open.ts';
import { noSpans } from '../../service/src/store/spans.ts';
import type { Store } from '../../service/src/store/store.ts';
import { createRegistry } from '../../service/src/telemetry/registry.ts';
import { type CacheName, cachesWithout } from './caches.ts';

export interface Variant {
  readonly port: number;
  /** Of its store, with those that have the same one. */
  readonly directory: string;
  /** Undefined: it has all caches. */
  readonly without?: CacheName | undefined;
  /** KV_ variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

const variants: readonly Variant[] = JSON.parse(process.env.BENCH_VARIANTS ?? '[]');
const log = pino({ level: 'error' });
const stores = new Map<string, Store>();

for (const { port, directory, without, settings } of variants) {
  const config = readConfig({ ...settings, KV_PORT: String(port), KV_DATA_DIR: directory });
  const registry = createRegistry('0.0.0', process.version);
  let store = stores.get(directory);
  if (store === undefined) {
    store = await openStore({ config, registry, log, spans: noSpans, interceptors: [] });
    stores.set(directory, store);
  }
  const caches = without === undefined ? {} : { caches: cachesWithout(without, store, config) };
  await createService(config, { ...{ store, registry, log, version: '0.0.0' }, ...caches });
}
