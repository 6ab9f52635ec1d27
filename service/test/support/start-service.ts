/** The real application on an ephemeral port of this process, over a store of the test's own. */
import type { Server } from 'node:http';
import { Writable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import pino from 'pino';
import type { Registry } from 'prom-client';
import type { Tokens } from '../../src/auth/token-file.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { ContainerMemory } from '../../src/flow-control/socket-buffers/container-memory.ts';
import type { WatchLimits } from '../../src/operations/watch/watch.ts';
import type { Drain } from '../../src/server/drain.ts';
import type { Peers } from '../../src/server/peers.ts';
import { createService } from '../../src/service.ts';
import type { Clock } from '../../src/store/clock.ts';
import type { HistoryLimits } from '../../src/store/embedded/history.ts';
import type { Store } from '../../src/store/store.ts';
import { createRegistry } from '../../src/telemetry/registry.ts';
import type { StoreKind } from './store-kinds.ts';

export interface ServiceOptions {
  /** Names that requests may be sent to; default: any. */
  readonly hosts?: readonly string[];
  /** Whose pages may use the API; default: its own. */
  readonly origins?: readonly string[];
  /** Bytes of a body; default 1 MiB. */
  readonly maxBody?: number;
  readonly maxStreams?: number;
  /** Bytes a second; default: any. */
  readonly minRate?: number;
  /** Milliseconds; default an hour. */
  readonly snapshotMaxAge?: number;
  /** Bytes; default 1 GiB. */
  readonly snapshotMaxGrowth?: number;
  /** Milliseconds that metrics are shown for; default 0. */
  readonly metricsMaxAge?: number;
  /** Default: metrics are on the one port. */
  readonly metricsPort?: number;
  /** Milliseconds; default a minute: a busy machine is no reason to refuse. */
  readonly maxWait?: number;
  /** Bytes; default 32 MiB. */
  readonly answerCache?: number;
  /** Bytes; default 32 MiB. */
  readonly dumpCache?: number;
  /** Milliseconds, as the others. */
  readonly stallTimeout?: number;
  /** Of the store. */
  readonly clock?: Clock;
  /** Of everything else. */
  readonly serverClock?: Clock;
  readonly history?: HistoryLimits;
  readonly watches?: Partial<Omit<WatchLimits, 'stallTimeout'>>;
  readonly headersTimeout?: number;
  readonly requestTimeout?: number;
  readonly keepAliveTimeout?: number;
  /** Whether there are pages for browsers; default true. */
  readonly pages?: boolean;
  /** Whether clients that ask for gzip get it; default true. */
  readonly compress?: boolean;
  /** Undefined: no request needs a token. */
  readonly tokens?: Tokens;
  /** A second, of each token; default: any. */
  readonly tokenRates?: { readonly requests?: number; readonly bytes?: number };
  /** Undefined: the service asks no other replica. */
  readonly peers?: (store: Store) => Peers;
  /** Undefined: answers say nothing of it. */
  readonly identity?: string;
  /** Default: none, and 100 lines a second. */
  readonly audit?: Partial<Pick<Config, 'auditLog' | 'auditRate'>>;
  /** Undefined: plain HTTP. */
  readonly tls?: Pick<Config, 'tlsCertFile' | 'tlsKeyFile' | 'tlsClientCaFile'>;
  /** Of the container; default: as the service finds it. */
  readonly memory?: ContainerMemory;
  /** Puts something between the application and the store. */
  readonly around?: (store: Store) => Store;
}

export interface Service {
  readonly port: number;
  readonly metricsPort: number | undefined;
  readonly store: Store;
  readonly registry: Registry;
  readonly drain: Drain;
  readonly server: Server;
  /** What was logged, a parsed line each. */
  readonly logged: readonly Record<string, unknown>[];
}

/** Ends with the test: connections are cut, then the store is closed. */
export async function startService(
  t: ExecutionContext,
  kind: StoreKind,
  options: ServiceOptions = {},
): Promise<Service> {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, lines(logged));
  const registry = createRegistry('0.0.0-test', process.version);
  const { clock, history } = options;
  const parts = { ...(clock === undefined ? {} : { clock }), ...(history === undefined ? {} : { history }) };
  const opened = await kind.open(t, { registry, log, ...parts });
  t.teardown(() => opened.close());
  // What a store says of its opening is no matter of requests.
  logged.length = 0;
  const store = options.around?.(opened) ?? opened;
  const { pages = true, tokens, identity, watches = {}, stallTimeout = 30_000 } = options;
  const { maxWatches = 100, heartbeat = 15_000, maxBacklog = 1 << 20, maxMemory = 64 << 20 } = watches;
  const config: Config = {
    ...readConfig({}),
    ...{ host: '127.0.0.1', port: 0, identity, docs: pages, ui: pages, maxWatches, stallTimeout },
    ...options.tls,
    ...{ tokenRequestRate: options.tokenRates?.requests ?? 0, tokenByteRate: options.tokenRates?.bytes ?? 0 },
    auditLog: 'none',
    ...options.audit,
    hosts: options.hosts ?? ['*'],
    compress: options.compress ?? true,
    origins: options.origins ?? [],
    maxBody: options.maxBody ?? 1024 * 1024,
    maxStreams: options.maxStreams ?? 100,
    maxWait: options.maxWait ?? 60_000,
    answerCache: options.answerCache ?? 32 << 20,
    dumpCache: options.dumpCache ?? 32 << 20,
    watchHeartbeat: heartbeat,
    watchBacklog: maxBacklog,
    watchMemory: maxMemory,
    minRate: options.minRate ?? 0,
    snapshotMaxAge: options.snapshotMaxAge ?? 3_600_000,
    snapshotMaxGrowth: options.snapshotMaxGrowth ?? 1 << 30,
    metricsPort: options.metricsPort,
    headersTimeout: options.headersTimeout ?? 30_000,
    bodyTimeout: options.requestTimeout ?? 60_000,
    keepAliveTimeout: options.keepAliveTimeout ?? 30_000,
  };
  const peers = options.peers?.(store);
  const service = await createService(config, {
    ...{ store, registry, log, tokens, version: '0.0.0-test' },
    // A test counts what has just happened.
    metricsMaxAge: options.metricsMaxAge ?? 0,
    ...(peers === undefined ? {} : { peers }),
    memory: options.memory,
    ...(options.serverClock === undefined ? {} : { clock: options.serverClock }),
  });
  t.teardown(() => service.close());
  return {
    port: service.port,
    metricsPort: service.metricsPort,
    store,
    registry,
    drain: service.drain,
    server: service.server,
    logged,
  };
}

/** What was logged as an error, or worse. */
export function errorsIn({ logged }: Service): readonly Record<string, unknown>[] {
  return logged.filter(({ level }) => Number(level) >= 50);
}

function lines(into: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      into.push(JSON.parse(chunk.toString()));
      done();
    },
  });
}
