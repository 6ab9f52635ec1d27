/** Builds the service from its settings and parts: the one place where they meet. main, the tests and the benches call it. */
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Tokens } from './auth/token-file.ts';
import type { Config } from './config.ts';
import { Drain } from './http/drain.ts';
import { createHandler } from './http/handler.ts';
import { type HttpMetrics, httpMetrics } from './http/http-metrics.ts';
import { Peers } from './http/peers.ts';
import { addressOf, listen } from './http/server.ts';
import { serverMetrics } from './http/server-metrics.ts';
import { shutDown } from './http/shutdown.ts';
import { Turns } from './http/turns.ts';
import { type Clock, systemClock } from './store/clock.ts';
import type { Store } from './store/store.ts';
import type { Tracing } from './tracing.ts';

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
  /** Default: those that the settings name. */
  readonly peers?: Peers;
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
}

export interface Service {
  readonly server: Server;
  readonly drain: Drain;
  /** Where it listens, `http://address:port`. */
  readonly url: string;
  readonly port: number;
  /** Stops after `drainWindow` milliseconds of answering with `Connection: close`; see shutDown. */
  stop(drainWindow: number): Promise<void>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Listens when it resolves. Rejects with a clear message when the address cannot be listened on. */
export async function createService(config: Config, parts: ServiceParts): Promise<Service> {
  const { store, registry, log, version, tokens, tracing, clock = systemClock, hotReads } = parts;
  const { metrics = httpMetrics(registry) } = parts;
  const drain = new Drain();
  const turns = new Turns();
  const peers = parts.peers ?? peersOf(config, store, clock);
  const handler = createHandler({
    ...{ store, registry, log, drain, peers, tokens, tracing, metrics, turns, version },
    ...(hotReads === undefined ? {} : { hotReads }),
    identity: config.identity,
    pages: { docs: config.docs, ui: config.ui },
    maxBody: config.maxBody,
    maxWait: config.maxWait,
    answerCache: config.answerCache,
    dumpCache: config.dumpCache,
    streams: { maxStreams: config.maxStreams, stallTimeout: config.stallTimeout },
    watches: {
      maxWatches: config.maxWatches,
      heartbeat: config.watchHeartbeat,
      maxBacklog: config.watchBacklog,
      stallTimeout: config.stallTimeout,
    },
  });
  const server = await listen(handler, drain, {
    ...config,
    requestTimeout: config.bodyTimeout,
    onProblem: metrics.refused,
    onConnection: () => turns.arrived(),
  }).catch((error: unknown) => {
    peers.close();
    throw error;
  });
  serverMetrics(registry, { server, store, drain, peers });
  const { address, port, family } = addressOf(server);
  return {
    ...{ server, drain, port },
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async stop(drainWindow) {
      await shutDown(server, drain, { drainWindow, drainTimeout: config.drainTimeout });
      peers.close();
    },
    async close() {
      peers.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function peersOf({ peersUrl, readyMaxAge }: Config, store: Store, clock: Clock): Peers {
  return new Peers({ url: peersUrl, age: () => store.age?.(), maxAge: readyMaxAge, clock });
}
