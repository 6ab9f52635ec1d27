/** The operator, put together: everything it needs is built here and passed down. */
import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Applier } from './apply/apply.ts';
import { type Clock, sleep } from './clock.ts';
import type { Config } from './config.ts';
import { runController } from './control/controller.ts';
import { listenForHealth } from './control/health.ts';
import { LeaderElection } from './control/leader.ts';
import { WorkQueue } from './control/work-queue.ts';
import type { ReconcileEtcd } from './etcd/contract.ts';
import { askRoute } from './exposure/ask.ts';
import { Exposures } from './exposure/exposure.ts';
import { KubeClient } from './kube/kube-client.ts';
import { PolledSecrets } from './kube/polled-secrets.ts';
import { createSources } from './kube/sources.ts';
import { type Build, createMetrics } from './metrics/metrics.ts';
import { askContact, Contacts } from './reconcile/contact.ts';
import type { MemberAccess } from './reconcile/etcd-tools.ts';
import { Looker } from './reconcile/look.ts';
import { reconcile } from './reconcile/reconcile.ts';
import { secretPollMs } from './reconcile/secret-versions.ts';
import { createEventRecorder } from './status/events.ts';
import { StatusWriter } from './status/status-writer.ts';
import { WarningEvents } from './trouble/pod-events.ts';
import { Turns } from './upgrade/turns.ts';

export interface OperatorOptions {
  readonly kubeConfig: KubeConfig;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reconcileEtcd: ReconcileEtcd;
  readonly memberAccess: MemberAccess;
  readonly build: Build;
  /** Default: a new one. */
  readonly registry?: Registry;
  /** The time of day. */
  readonly now: () => Date;
  /** Default: 30 s, 20 s and 5 s. */
  readonly lease?: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
}

export interface Operator {
  /** Of /livez, /readyz and /metrics. */
  readonly port: number;
  /** Resolves once the operator has stopped; to an error when it could not go on. */
  readonly ended: Promise<Error | undefined>;
  /** Finishes the reconciles under way, gives the Lease back and stops. */
  stop(): Promise<void>;
}

const callDeadlineMs = 10_000;
const watchSilenceMs = 150_000;
const retries = { baseMs: 500, maxMs: 30_000, random: Math.random };
const leaseDefaults = { leaseMs: 30_000, renewDeadlineMs: 20_000, retryMs: 5_000 };
/** A reconcile ends by the deadlines of its calls; one that runs for longer than any sum of them never will. */
const stuckMs = 15 * 60_000;

export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { config, clock, log, kubeConfig } = options;
  const stopping = new AbortController();
  /** Aborted when leadership is lost: whatever is under way may not write any more. */
  const fenced = new AbortController();
  const registry = options.registry ?? new Registry();
  const metrics = createMetrics(registry, 'kvstore', options.build);
  const client = new KubeClient({ kubeConfig, deadlineMs: callDeadlineMs, onAnswer: metrics.api.answered });
  const queue = new WorkQueue({ clock, backoff: retries, metrics: metrics.queue });
  const onChange = (key: string): void => queue.add(key);
  const sources = createSources({
    client,
    clock,
    log,
    namespaces: config.namespaces,
    resyncMs: config.resyncMs,
    silenceMs: watchSilenceMs,
    onChange,
    onRestart: ({ plural }) => metrics.api.watchRestarted(plural),
  });
  const { caches } = sources;
  const writer = new KubeClient({
    kubeConfig,
    deadlineMs: callDeadlineMs,
    signal: fenced.signal,
    onAnswer: metrics.api.answered,
  });
  const events = createEventRecorder({ client: writer, clock, log, identity: config.podName });
  const addresses = config.ingressAddresses;
  const readsClasses = config.namespaces.length === 0;
  const exposures = new Exposures({ client: writer, caches, clock, ask: askRoute, readsClasses, addresses, onChange });
  const parts = {
    client: writer,
    caches,
    events,
    log,
    applier: new Applier(writer, caches),
    statusWriter: new StatusWriter(writer, caches),
    metrics: metrics.kvStore,
    progress: metrics.progress,
    defaults: {
      serviceImage: config.serviceImage,
      etcd: {
        image: config.etcdImage,
        authorityPhaseMs: config.authorityPhaseMs,
        reach: { operatorNamespace: config.podNamespace, monitoringNamespaces: config.monitoringNamespaces },
      },
    },
    exposures,
    looker: new Looker({
      caches,
      clock,
      exposures,
      contacts: new Contacts(clock, askContact, onChange),
      warnings: new WarningEvents(writer, clock),
      now: options.now,
    }),
    openStores: config.openStores,
    reconcileEtcd: options.reconcileEtcd,
    memberAccess: options.memberAccess,
    secrets: new PolledSecrets({
      client: writer,
      cache: caches.secrets,
      clock,
      pollMs: Math.min(secretPollMs, config.resyncMs),
    }),
    turns: new Turns({
      clock,
      now: options.now,
      atOnce: config.upgradesAtOnce,
      pauseMs: config.upgradePauseMs,
      window: config.upgradeWindow,
      metrics: metrics.upgrade,
    }),
    now: options.now,
    hasServiceMonitors: () => sources.isInstalled('serviceMonitors'),
  };

  const lead = async (leading: AbortSignal): Promise<void> => {
    metrics.leader(true);
    const ended = whenAborted(leading).then(() => {
      queue.close();
      if (!stopping.signal.aborted) fenced.abort(leading.reason);
    });
    await Promise.race([sources.synced, ended]);
    await runController({
      queue,
      clock,
      log,
      metrics: metrics.reconcile,
      workers: config.workers,
      reconcile: (key) => reconcile(key, parts),
    });
    metrics.leader(false);
  };

  const health = await listenForHealth({
    host: config.host,
    port: config.port,
    registry,
    illness: () => (queue.longestMs() > stuckMs ? 'a reconcile is stuck' : undefined),
    isReady: () => sources.hasSynced(),
  });
  const following = sources.run(stopping.signal);
  const resync = repeat(clock, config.resyncMs, stopping.signal, () => {
    for (const { metadata } of caches.kvStores.values()) queue.add(`${metadata.namespace}/${metadata.name}`);
  });
  const leading = runElection(options, client, stopping.signal, lead);

  const ended = (async () => {
    const lost = await leading;
    stopping.abort();
    queue.close();
    await Promise.all([following, resync, events.flush()]);
    await health.close();
    return lost ? new Error('leadership lost') : undefined;
  })();
  return {
    port: health.port,
    ended,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Resolves, never rejects, once the signal is aborted. */
async function repeat(clock: Clock, ms: number, signal: AbortSignal, action: () => void): Promise<void> {
  for (;;) {
    await sleep(clock, ms, signal);
    if (signal.aborted) return;
    action();
  }
}

/** Resolves, once there is nothing left to lead, to whether leadership was lost. */
async function runElection(
  { config, clock, log, lease }: OperatorOptions,
  client: KubeClient,
  signal: AbortSignal,
  lead: (leading: AbortSignal) => Promise<void>,
): Promise<boolean> {
  if (config.podNamespace === undefined) {
    await lead(signal);
    return false;
  }
  const election = new LeaderElection({
    client,
    clock,
    log,
    namespace: config.podNamespace,
    name: 'kvstore-operator',
    identity: config.podName,
    ...(lease ?? leaseDefaults),
  });
  return election.run(signal, lead);
}
