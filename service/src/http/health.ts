/** Probes and metrics. Liveness says that the process answers, and nothing about what it depends on. */
import type { Middleware } from 'koa';
import { Registry } from 'prom-client';
import { Problem } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { ageHeaders } from './age.ts';
import type { Drain } from './drain.ts';
import { openMetricsText } from './open-metrics.ts';
import { type Peers, replicaHeader } from './peers.ts';

export const live: Middleware = (ctx) => {
  ctx.body = { status: 'ok' };
};

/** Why a replica is not to be sent requests. Never because of what all replicas depend on alike (docs/adr/0191). */
export function notReady(store: Store, drain: Drain, peers: Peers | undefined): string | undefined {
  return drain.draining ? 'The server is shutting down.' : (store.notReady() ?? peers?.notReady());
}

export function ready(store: Store, drain: Drain, peers: Peers | undefined): Middleware {
  return (ctx) => {
    const reason = notReady(store, drain, peers);
    const headers: Readonly<Record<string, string>> =
      peers === undefined ? {} : { ...ageHeaders(peers.age()), [replicaHeader]: peers.id };
    if (reason !== undefined) throw new Problem('not-ready', reason, { headers });
    for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
    ctx.body = { status: 'ok' };
  };
}

/** `exemplars`: a scraper that asks for OpenMetrics gets it. Else there is nothing that only that format can say. */
export function metricsText(registry: Registry, exemplars: boolean): Middleware {
  return async (ctx) => {
    if (exemplars) {
      ctx.vary('Accept');
      if (ctx.accepts('text/plain; version=0.0.4', openMetrics) === openMetrics) {
        ctx.body = await openMetricsText(registry);
        ctx.set('Content-Type', Registry.OPENMETRICS_CONTENT_TYPE);
        return;
      }
    }
    ctx.body = await registry.metrics();
    ctx.set('Content-Type', registry.contentType);
  };
}

const openMetrics = 'application/openmetrics-text; version=1.0.0';
