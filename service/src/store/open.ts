/** Opens the store that the configuration asks for. */
import type { Interceptor } from '@grpc/grpc-js';
import { looserThanPrivate } from '@kvstore/core/private-files.ts';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Config } from '../config.ts';
import { commitMetrics } from './embedded/commit-metrics.ts';
import { EmbeddedStore } from './embedded/embedded.ts';
import type { Spans } from './spans.ts';
import type { Store } from './store.ts';
import { storeMetrics } from './store-metrics.ts';

export interface OpenOptions {
  readonly config: Config;
  readonly registry: Registry;
  readonly log: Logger;
  readonly spans: Spans;
  /** Of the channels to etcd. */
  readonly interceptors: readonly Interceptor[];
}

/** Throws with a clear message when the store cannot be opened. Warns when other users may read its folder. */
export async function openStore(options: OpenOptions): Promise<Store> {
  const store = await openEither(options);
  const { dataDir: directory } = options.config;
  const loose = looserThanPrivate(directory);
  if (loose.length > 0) {
    const paths = loose.slice(0, 10);
    options.log.warn({ directory, paths }, `Other users may read what is stored here: chmod -R go= ${directory}`);
  }
  return store;
}

async function openEither({ config, registry, log, spans, interceptors }: OpenOptions): Promise<Store> {
  const metrics = storeMetrics(registry);
  if (config.etcdEndpoints.length === 0) {
    return new EmbeddedStore({
      directory: config.dataDir,
      metrics: { ...metrics, ...commitMetrics(registry) },
      spans,
      log,
      checkInterval: config.checkInterval,
    });
  }
  // Loaded only when it is used: gRPC takes a sixth of the start of an embedded service, and of its memory.
  const { openEtcdStore } = await import('./etcd/etcd-store.ts');
  return openEtcdStore({
    endpoints: config.etcdEndpoints,
    prefix: config.etcdPrefix,
    caFile: config.etcdCaFile,
    certFile: config.etcdCertFile,
    keyFile: config.etcdKeyFile,
    usernameFile: config.etcdUsernameFile,
    passwordFile: config.etcdPasswordFile,
    plainPasswordHosts: config.etcdPlainPasswordHosts,
    maxTxnOps: config.etcdMaxTxnOps,
    maxRequestBytes: config.etcdMaxRequestBytes,
    requestTimeout: config.requestTimeout,
    freshReads: config.freshReads,
    peerPort: config.peerPort,
    peerAddress: config.peerAddress,
    dataDir: config.dataDir,
    checkInterval: config.checkInterval,
    registry,
    metrics,
    log,
    spans,
    interceptors,
  });
}
