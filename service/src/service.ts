/** Builds the service from its settings and parts: the one place where they meet. main, the tests and the benches call it. */
import type { RequestListener, Server } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createApp } from './app/app.ts';
import { trustedCaller } from './app/trusted-caller.ts';
import { createAudit } from './audit/audit.ts';
import type { Tokens } from './auth/token-file.ts';
import { TokenRates } from './auth/token-rates.ts';
import { type Caches, createCaches } from './caches/caches.ts';
import type { Config } from './config.ts';
import { Endings } from './flow-control/endings.ts';
import { EventLoopScheduler } from './flow-control/event-loop-scheduler.ts';
import { Portions } from './flow-control/portions.ts';
import { type ContainerMemory, containerMemory } from './flow-control/socket-buffers/container-memory.ts';
import { bufferShare, SocketBuffers } from './flow-control/socket-buffers/socket-buffers.ts';
import { observedGauge } from './observed-gauge.ts';
import { metricsText, notReady } from './operations/health.ts';
import { admission } from './server/admission.ts';
import { Drain } from './server/drain.ts';
import { addressOf, listen } from './server/listen.ts';
import { listenForMetrics, type MetricsServer } from './server/metrics-server.ts';
import { Peers } from './server/peers.ts';
import { oneAtATime } from './server/pipelining.ts';
import { serverMetrics } from './server/server-metrics.ts';
import { cut, shutDown } from './server/shutdown.ts';
import type { TlsParts } from './server/tls/certificate.ts';
import type { Tls } from './server/tls/tls-server.ts';
import { type Clock, systemClock } from './store/clock.ts';
import { noSpans } from './store/spans.ts';
import type { Store } from './store/store.ts';
import { observed } from './telemetry/exchange.ts';
import { type HttpMetrics, httpMetrics } from './telemetry/http-metrics.ts';
import { metricsPage } from './telemetry/metrics-page.ts';
import type { Tracing } from './telemetry/tracing/tracing.ts';
import { openStandIn } from './warm-up/stand-in.ts';
import { WarmUp } from './warm-up/warm-up.ts';

export interface ServiceParts {
  /** Stays the caller's: the service does not close it. */
  readonly store: Store;
  readonly registry: Registry;
  readonly log: Logger;
  /** Of the service, as its API's description names it. */
  readonly version: string;
  /** Undefined: no request needs a token. */
  readonly tokens?: Tokens | undefined;
  readonly tracing?: Tracing | undefined;
  readonly clock?: Clock;
  /** Default: made in the registry. */
  readonly metrics?: HttpMetrics;
  /** Milliseconds that metrics are shown for before they are made anew; default 1000. */
  readonly metricsMaxAge?: number;
  /** Default: those that the settings name. */
  readonly peers?: Peers;
  /** Of the same store. Default: of the sizes that the settings give. */
  readonly caches?: Caches;
  /** Default: of the container that the process runs in. */
  readonly memory?: ContainerMemory | undefined;
}

export interface Service {
  readonly server: Server;
  readonly drain: Drain;
  /** Where metrics are, when they have a port of their own. */
  readonly metricsPort: number | undefined;
  /** Where it listens, `http://address:port` or `https://address:port`. */
  readonly url: string;
  readonly port: number;
  /** Stops after `drainWindow` milliseconds of answering with `Connection: close`; see shutDown. */
  stop(drainWindow: number): Promise<void>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Listens when it resolves. Rejects with a clear message when the address cannot be listened on. */
export async function createService(config: Config, parts: ServiceParts): Promise<Service> {
  const { store, registry, log, clock = systemClock, metrics = httpMetrics(registry) } = parts;
  // What was begun ends when something behind it cannot begin.
  await using begun = new AsyncDisposableStack();
  const tls = await tlsOf(config, { log, registry, clock });
  begun.defer(() => tls?.close());
  const drain = new Drain();
  const scheduler = new EventLoopScheduler();
  const portions = new Portions({ scheduler });
  const endings = new Endings();
  const { memory = containerMemory() } = parts;
  begun.defer(() => memory?.close());
  const buffers = memory && socketBuffers(memory, { clock, endings, registry, stallTimeout: config.stallTimeout });
  const peers = parts.peers ?? peersOf(config, { store, clock, log, registry });
  begun.defer(() => peers.close());
  const showMetrics = metricsText(
    metricsPage({ registry, maxAge: parts.metricsMaxAge ?? 1000 }),
    parts.tracing !== undefined,
  );
  const hasPort = config.metricsPort !== undefined;
  const warmUp = new WarmUp({ budget: config.warmUp, open: () => openStandIn(config, createService), log });
  const handler = createHandler(config, {
    ...{ ...parts, metrics, drain, scheduler, portions, endings, buffers, peers, warmUp },
    metricsText: hasPort ? undefined : showMetrics,
  });
  const server = await listen(handler, drain, {
    ...config,
    tls,
    requestTimeout: config.bodyTimeout,
    // A whole request, its headers included, has no longer.
    headersTimeout: Math.min(config.headersTimeout, config.bodyTimeout),
    onProblem: metrics.refused,
    clock,
    portions,
    endings,
    onConnection: () => scheduler.connectionAccepted(),
  });
  begun.defer(() => cut(server));
  buffers?.watch(server);
  const metricsServer = await openMetricsPort(config, showMetrics);
  begun.defer(() => metricsServer?.close());
  serverMetrics(registry, { server, drain, notReady: () => notReady({ store, drain, peers, warmUp }) });
  begun.defer(() => warmUp.stop());
  warmUp.start();
  const { address, port, family } = addressOf(server);
  const running = begun.move();
  return {
    ...{ server, drain, port, metricsPort: metricsServer?.port },
    url: `${tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async stop(drainWindow) {
      void warmUp.stop();
      await shutDown(server, drain, { drainWindow, drainTimeout: config.drainTimeout });
      await running.disposeAsync();
    },
    close: () => running.disposeAsync(),
  };
}

async function openMetricsPort(
  { host, metricsPort: port }: Config,
  show: ReturnType<typeof metricsText>,
): Promise<MetricsServer | undefined> {
  return port === undefined ? undefined : listenForMetrics({ host, port, answer: (headers) => show({ headers }) });
}

interface HandlerParts extends ServiceParts {
  readonly metrics: HttpMetrics;
  readonly drain: Drain;
  readonly scheduler: EventLoopScheduler;
  readonly portions: Portions;
  readonly endings: Endings;
  readonly buffers: SocketBuffers | undefined;
  readonly peers: Peers;
  readonly warmUp: WarmUp;
  readonly metricsText: ReturnType<typeof metricsText> | undefined;
}

/**
 * What every request goes through, from the inside out: the application, admission, the order of a connection's requests,
 * traces, the request's clock.
 */
function createHandler(config: Config, parts: HandlerParts): RequestListener {
  const {
    store,
    log,
    registry,
    metrics,
    drain,
    scheduler,
    endings,
    buffers,
    peers,
    warmUp,
    tokens,
    tracing,
    version,
    clock = systemClock,
  } = parts;
  const spans = tracing?.spans ?? noSpans;
  const { maxWait, maxBody } = config;
  const app = createApp({
    ...{ store, log, registry, metrics, drain, scheduler, endings, buffers, peers, warmUp, tokens, version, clock },
    ...(parts.caches ?? createCaches(store, config)),
    spans,
    rates: ratesOf(config, parts),
    metricsText: parts.metricsText,
    audit: createAudit({ level: config.auditLog, perSecond: config.auditRate, log, registry, clock }),
    identity: config.identity,
    clientCertificates: config.tlsClientCaFile !== undefined,
    hosts: { listens: config.host, needsToken: tokens !== undefined, allowed: config.hosts },
    origins: config.origins,
    pages: { docs: config.docs, ui: config.ui },
    ...{ maxBody, maxWait },
    compress: config.compress,
    longReads: { most: config.maxStreams, maxAge: config.snapshotMaxAge, maxGrowth: config.snapshotMaxGrowth },
    limits: {
      maxWatches: config.maxWatches,
      heartbeat: config.watchHeartbeat,
      maxBacklog: config.watchBacklog,
      // One event of the largest body always fits.
      maxMemory: Math.max(config.watchMemory, 4 * config.maxBody),
      stallTimeout: config.stallTimeout,
    },
  });
  const admitted = admission({ scheduler, maxWait, metrics, spans }, app.callback());
  const inOrder = oneAtATime(admitted, spans, parts.portions);
  return observed(metrics, tracing?.requests(trustedCaller(config, tokens), inOrder) ?? inOrder);
}

function socketBuffers(
  memory: ContainerMemory,
  parts: {
    readonly clock: Clock;
    readonly endings: Endings;
    readonly registry: Registry;
    readonly stallTimeout: number;
  },
): SocketBuffers {
  const { clock, endings, registry, stallTimeout } = parts;
  const held = () => memory.socketBuffers();
  observedGauge(
    registry,
    'kvstore_socket_buffer_bytes',
    "Bytes of the container's memory that the system's buffers of connections take.",
    held,
  );
  return new SocketBuffers({
    ...{ most: memory.limit * bufferShare, held, clock, stallTimeout },
    close: (socket) => endings.close(socket),
    cut: (socket) => endings.reset(socket),
  });
}

/** Undefined: there are no tokens to limit. */
function ratesOf(
  { tokenRequestRate: requests, tokenByteRate: bytes }: Config,
  { tokens, registry, clock = systemClock }: HandlerParts,
): TokenRates | undefined {
  return tokens === undefined ? undefined : new TokenRates({ standard: { requests, bytes }, clock, registry });
}

/** Undefined: plain HTTP, for which nothing of TLS is loaded. */
async function tlsOf(config: Config, parts: TlsParts): Promise<Tls | undefined> {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsClientCaFile: clientCaFile } = config;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const { openTls } = await import('./server/tls/certificate.ts');
  return openTls({ certFile, keyFile, clientCaFile }, parts);
}

function peersOf(
  { peersUrl, peersCaFile, readyMaxAge }: Config,
  { store, ...parts }: Pick<ServiceParts, 'store' | 'log' | 'registry'> & { readonly clock: Clock },
): Peers {
  return new Peers({ url: peersUrl, caFile: peersCaFile, age: () => store.age?.(), maxAge: readyMaxAge, ...parts });
}
