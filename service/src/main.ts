/** The composition root: reads the environment, builds everything, and ends it in order. Only here is `process` touched. */
import { once } from 'node:events';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { ConfigError, helpText, readConfig, unknownSettings } from './config.ts';
import { noSpans } from './store/spans.ts';
import { startTracing, tracingAsked } from './tracing.ts';

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
  const config = readConfig(process.env);
  const tracing = tracingAsked(process.env) ? await startTracing(process.env) : undefined;
  const { createLog } = await import('./log.ts');
  const { createRegistry } = await import('./metrics.ts');
  const { TokenFile } = await import('./auth/token-file.ts');
  const { tokenMetrics } = await import('./auth/token-metrics.ts');
  const { systemClock } = await import('./store/clock.ts');
  const { openStore } = await import('./store/open.ts');
  const { Drain } = await import('./http/drain.ts');
  const { createHandler } = await import('./http/handler.ts');
  const { httpMetrics } = await import('./http/http-metrics.ts');
  const { serverMetrics } = await import('./http/server-metrics.ts');
  const { addressOf, listen } = await import('./http/server.ts');
  const { Peers } = await import('./http/peers.ts');
  const { Turns } = await import('./http/turns.ts');
  const { shutDown } = await import('./http/shutdown.ts');

  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    terminal: process.stdout.isTTY,
    fields: tracing?.logFields,
  });
  for (const name of unknownSettings(process.env)) log.warn({ name }, 'not a setting, ignored');
  const registry = createRegistry(manifest.version, process.version);
  const tokens =
    config.tokensFile === undefined
      ? undefined
      : await TokenFile.open({ file: config.tokensFile, log, metrics: tokenMetrics(registry), clock: systemClock });
  const store = await openStore({
    ...{ config, registry, log },
    spans: tracing?.spans ?? noSpans,
    interceptors: tracing?.interceptors ?? [],
  });
  const drain = new Drain();
  const peers = new Peers({
    url: config.peersUrl,
    age: () => store.age?.(),
    maxAge: config.readyMaxAge,
    clock: systemClock,
  });
  const turns = new Turns();
  const metrics = httpMetrics(registry);
  const handler = createHandler({
    store,
    registry,
    log,
    drain,
    peers,
    tokens,
    identity: config.identity,
    version: manifest.version,
    pages: { docs: config.docs, ui: config.ui },
    maxBody: config.maxBody,
    maxWait: config.maxWait,
    turns,
    tracing,
    metrics,
    watches: {
      maxWatches: config.maxWatches,
      heartbeat: config.watchHeartbeat,
      maxBacklog: config.watchBacklog,
      stallTimeout: config.stallTimeout,
    },
    answerCache: config.answerCache,
    dumpCache: config.dumpCache,
    streams: { maxStreams: config.maxStreams, stallTimeout: config.stallTimeout },
  });
  try {
    const server = await listen(handler, drain, {
      ...config,
      requestTimeout: config.bodyTimeout,
      onProblem: metrics.refused,
      onConnection: () => turns.arrived(),
    });
    serverMetrics(registry, { server, store, drain, peers });
    const { address, port, family } = addressOf(server);
    const host = family === 'IPv6' ? `[${address}]` : address;
    log.info({ version: manifest.version, url: `http://${host}:${port}`, dataDir: config.dataDir }, 'listening');
    const signal = await firstSignal();
    log.info({ signal }, 'shutting down');
    exitOnSecondSignal(log);
    // Ctrl-C comes from a person who waits; SIGTERM from an orchestrator that still sends requests.
    const drainWindow = signal === 'SIGINT' ? 0 : config.drainWindow;
    await shutDown(server, drain, { drainWindow, drainTimeout: config.drainTimeout });
  } finally {
    tokens?.close();
    peers.close();
    await store.close();
    await tracing?.shutdown();
  }
  log.info('ended');
}

async function firstSignal(): Promise<string> {
  const ended = new AbortController();
  const signals = ['SIGTERM', 'SIGINT'].map((signal) =>
    once(process, signal, { signal: ended.signal }).then(() => signal),
  );
  for (const signal of signals) signal.catch(() => {});
  const first = await Promise.race(signals);
  ended.abort();
  return first;
}

function exitOnSecondSignal(log: Logger): void {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      log.warn({ signal }, 'second signal: exiting at once');
      process.exit(1);
    });
  }
}
