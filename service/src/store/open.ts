/** Opens the store that the configuration asks for. */
import { trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Config } from '../config.ts';
import { commitMetrics } from './commit-metrics.ts';
import { EmbeddedStore } from './embedded.ts';
import { openEtcdStore } from './etcd/etcd-store.ts';
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
export async function openStore(options: OpenOptions): Promise<Store> {
  const store = await openPlainStore(options);
  return options.tracing ? traced(store, trace.getTracer('kvstore')) : store;
}

async function openPlainStore({ config, registry, log }: OpenOptions): Promise<Store> {
  const metrics = storeMetrics(registry);
  if (config.etcdEndpoints.length === 0) {
    return new EmbeddedStore({ directory: config.dataDir, metrics: { ...metrics, ...commitMetrics(registry) } });
  }
  return openEtcdStore({
    endpoints: config.etcdEndpoints,
    prefix: config.etcdPrefix,
    caFile: config.etcdCaFile,
    certFile: config.etcdCertFile,
    keyFile: config.etcdKeyFile,
    usernameFile: config.etcdUsernameFile,
    passwordFile: config.etcdPasswordFile,
    maxTxnOps: config.etcdMaxTxnOps,
    maxRequestBytes: config.etcdMaxRequestBytes,
    requestTimeout: config.requestTimeout,
    dataDir: config.dataDir,
    registry,
    metrics,
    log,
  });
}
