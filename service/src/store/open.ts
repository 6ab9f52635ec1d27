/** Opens the store that the configuration asks for. */
import { trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Config } from '../config.ts';
import { EmbeddedStore } from './embedded.ts';
import type { Store } from './store.ts';
import { storeMetrics } from './store-metrics.ts';
import { traced } from './traced.ts';

export interface OpenOptions {
  readonly config: Config;
  readonly registry: Registry;
  readonly log: Logger;
  readonly tracing: boolean;
}

/** Throws with a clear message when the store cannot be opened. */
export async function openStore({ config, registry, tracing }: OpenOptions): Promise<Store> {
  const store = new EmbeddedStore({ directory: config.dataDir, metrics: storeMetrics(registry) });
  return tracing ? traced(store, trace.getTracer('kvstore')) : store;
}
