/** The composition root: reads the environment, builds everything, and ends it in order. Only here is `process` touched. */
import { once } from 'node:events';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { ConfigError, helpText, readConfig, unknownSettings } from './config.ts';
import { startTracing, tracingAsked } from './tracing.ts';

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(helpText());
} else {
  await main().catch((error: unknown) => {
    process.stderr.write(`kvstore: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  });
  // Everything is closed. What may keep the process alive is a connection still being made to a member that is gone.
  process.exit();
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const tracing = tracingAsked(process.env) ? await startTracing(process.env) : undefined;
  // Loaded only now: traces can follow what they see being loaded.
  const { createLog } = await import('./log.ts');
  const { createRegistry } = await import('./metrics.ts');
  const { openStore } = await import('./store/open.ts');
  const { Drain } = await import('./http/drain.ts');
  const { createHandler } = await import('./http/handler.ts');
  const { addressOf, listen } = await import('./http/server.ts');
  const { shutDown } = await import('./http/shutdown.ts');

  const log = createLog({ level: config.logLevel, format: config.logFormat, terminal: process.stdout.isTTY });
  for (const name of unknownSettings(process.env)) log.warn({ name }, 'not a setting, ignored');
  const registry = createRegistry(manifest.version, process.version);
  const store = await openStore({ config, registry, log, tracing: tracing !== undefined });
  const drain = new Drain();
  const handler = createHandler({
    store,
    registry,
    log,
    drain,
    maxBody: config.maxBody,
    hotReads: tracing === undefined,
    watches: {
      maxWatches: config.maxWatches,
      heartbeat: config.watchHeartbeat,
      maxBacklog: config.watchBacklog,
      stallTimeout: config.stallTimeout,
    },
    dumpCache: config.dumpCache,
    streams: { maxStreams: config.maxStreams, stallTimeout: config.stallTimeout },
  });
  try {
    const server = await listen(handler, drain, { ...config, requestTimeout: config.bodyTimeout });
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
