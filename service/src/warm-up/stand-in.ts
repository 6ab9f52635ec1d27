/**
 * The service that the warm-up calls: made by the same function as the one that clients call, of the same settings, but
 * with a store, metrics and a log of its own that are thrown away. It listens on loopback alone.
 */
import { hash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { privateFolder } from '@kvstore/core/private-files.ts';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { parseTokens } from '../auth/parse-tokens.ts';
import type { Tokens } from '../auth/token-file.ts';
import { findToken } from '../auth/tokens.ts';
import type { Config } from '../config.ts';
import { commitMetrics } from '../store/embedded/commit-metrics.ts';
import { EmbeddedStore } from '../store/embedded/embedded.ts';
import type { Store } from '../store/store.ts';
import { storeMetrics } from '../store/store-metrics.ts';

/** Disposed when nothing of it is left. */
export interface StandIn extends AsyncDisposable {
  readonly port: number;
  /** What its requests have to show; undefined: nothing. */
  readonly token?: string | undefined;
}

interface Parts {
  readonly store: Store;
  readonly registry: Registry;
  readonly log: Logger;
  readonly version: string;
  readonly tokens: Tokens | undefined;
}

/** Of service.ts, which is what calls this. */
type Create = (config: Config, parts: Parts) => Promise<{ readonly port: number; close(): Promise<void> }>;

/** Rejects when there is no folder that can be written to. */
export async function openStandIn(config: Config, create: Create): Promise<StandIn> {
  const directory = newFolder();
  await using begun = new AsyncDisposableStack();
  begun.defer(() => rmSync(directory, { recursive: true, force: true }));
  const registry = new Registry();
  const store = new EmbeddedStore({ directory, metrics: { ...storeMetrics(registry), ...commitMetrics(registry) } });
  begun.defer(() => store.close());
  // With etcd, each read waits for it.
  if (config.etcdEndpoints.length > 0) Object.assign(store, { barrier: () => Promise.resolve() });
  const token = config.tokensFile === undefined ? undefined : randomUUID();
  const tokens = token === undefined ? undefined : tokensOf(token);
  const parts = { store, registry, log: pino({ level: 'silent' }), version: '', tokens };
  const service = await create(settingsFor(config), parts);
  begun.defer(() => service.close());
  const running = begun.move();
  return { port: service.port, token, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** One that may write, looked up as those of a file are. */
function tokensOf(token: string): Tokens {
  const index = parseTokens(`rw warm-up sha256:${hash('sha256', token)}`);
  return { use: (text) => findToken(index, text), expired: () => undefined, holds: () => true, onChange() {} };
}

/** Everything as it is set, but for what leads to others or keeps callers out. */
function settingsFor(config: Config): Config {
  return {
    ...config,
    host: '127.0.0.1',
    port: 0,
    metricsPort: undefined,
    hosts: [],
    tlsCertFile: undefined,
    tlsKeyFile: undefined,
    tlsClientCaFile: undefined,
    peersUrl: undefined,
    auditLog: 'none',
    warmUp: 0,
    ...{ tokenRequestRate: 0, tokenByteRate: 0 },
  };
}

/**
 * Where its store may be, the best first. Memory where there is such a folder: a flush takes no time there, and a read-only
 * root does not matter. The name is that of the process, which is the same after a restart of its container: what a killed one
 * left is removed by the next. Hosts may share the memory, and have processes of the same number.
 */
export function standInFolders(pid = process.pid, thread = threadId): readonly string[] {
  const name = `kvstore-warm-up-${hostname()}-${pid}-${thread}`;
  return ['/dev/shm', tmpdir()].map((parent) => join(parent, name));
}

function newFolder(): string {
  let cause: unknown;
  for (const folder of standInFolders()) {
    try {
      rmSync(folder, { recursive: true, force: true });
      // Fails when there is one: what was made by others is not used.
      mkdirSync(folder, { mode: privateFolder });
      return folder;
    } catch (error) {
      cause = error;
    }
  }
  throw new Error('There is no folder for the store of the warm-up.', { cause });
}
