/** Reads the environment, opens the store, serves, and ends everything in order. Only here is `process` touched. */
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { ConfigError, helpText, readConfig, unknownSettings } from './config.ts';
import { noSpans } from './store/spans.ts';
import { startTracing, tracingAsked } from './telemetry/start-tracing.ts';

/** Milliseconds that the end of the process waits for a slow reader of the log. */
const logFlushTime = 1000;

// A pipe is made one that never waits by being looked at; and what cannot be written there must not end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(helpText());
} else {
  await main().catch((error: unknown) => {
    process.stderr.write(`kvstore: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = exitCodeOf(error);
  });
  // Everything is closed. What may keep the process alive is a connection still being made to a member that is gone.
  process.exit();
}

/** Documented in docs/operations.md: 2 is for settings, 3 for damaged data, which no restart will mend. */
function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return 2;
  return error instanceof Error && error.name === 'DamagedData' ? 3 : 1;
}

async function main(): Promise<void> {
  // What is stored is for this user alone; LMDB and SQLite make their files by this.
  process.umask(0o077);
  const config = readConfig(process.env);
  const tracing = tracingAsked(process.env) ? await startTracing(process.env) : undefined;
  const { createLog } = await import('./log.ts');
  const { createRegistry } = await import('./telemetry/registry.ts');
  const { TokenFile } = await import('./auth/token-file.ts');
  const { tokenMetrics } = await import('./auth/token-metrics.ts');
  const { systemClock } = await import('./store/clock.ts');
  const { openStore } = await import('./store/open.ts');
  const { createService } = await import('./service.ts');

  const registry = createRegistry(manifest.version, process.version);
  const { log, flush } = createLog({
    level: config.logLevel,
    format: config.logFormat,
    terminal: process.stdout.isTTY,
    registry,
    fields: tracing?.logFields,
  });
  tracing?.report({ log, registry });
  for (const name of unknownSettings(process.env)) log.warn({ name }, 'not a setting, ignored');
  const tokens =
    config.tokensFile === undefined
      ? undefined
      : await TokenFile.open({ file: config.tokensFile, log, metrics: tokenMetrics(registry), clock: systemClock });
  const store = await openStore({
    ...{ config, registry, log },
    spans: tracing?.spans ?? noSpans,
    interceptors: tracing?.interceptors ?? [],
  });
  // From before it listens: whatever can be asked can be told to stop in order.
  const firstSignal = listenForSignals(log);
  try {
    const parts = { store, registry, log, tokens, tracing, version: manifest.version };
    const service = await createService(config, parts);
    const { url, metricsPort } = service;
    const { dataDir, etcdEndpoints } = config;
    // What one asks first of a process, in its first line.
    const mode = etcdEndpoints.length === 0 ? 'embedded' : 'etcd';
    const etcd = mode === 'etcd' ? { etcdEndpoints, etcdPrefix: config.etcdPrefix } : {};
    const about = { 'service.version': manifest.version, node: process.version, mode, ...etcd };
    const state = { revision: store.revision(), tokens: tokens !== undefined };
    log.info({ ...about, ...state, url, metricsPort, dataDir }, 'listening');
    const signal = await firstSignal;
    log.info({ signal }, 'shutting down');
    // Ctrl-C comes from a person who waits; SIGTERM from an orchestrator that still sends requests.
    const drainWindow = signal === 'SIGINT' ? 0 : config.drainWindow;
    await service.stop(drainWindow);
  } finally {
    tokens?.close();
    await store.close();
    await tracing?.shutdown();
  }
  log.info('ended');
  await flush(logFlushTime);
}

/** Resolves with the first signal to stop. The second one exits at once, with 1. */
function listenForSignals(log: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: NodeJS.Signals | undefined;
    const received = (signal: NodeJS.Signals): void => {
      if (first === undefined) {
        first = signal;
        resolve(signal);
        return;
      }
      log.warn({ signal }, 'second signal: exiting at once');
      process.exit(1);
    };
    process.on('SIGTERM', received).on('SIGINT', received);
  });
}
