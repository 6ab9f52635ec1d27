/** One KvStore brought nearer to what it asks for: read, build, apply, write the status. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { type Applier, objectId } from './apply.ts';
import type { ReconcileResult } from './controller.ts';
import type { ServiceDefaults } from './desired/deployment.ts';
import { buildServiceObjects } from './desired/desired.ts';
import { buildRestoreJob, restoreJobName } from './desired/restore-job.ts';
import { referencedSecrets } from './desired/service-environment.ts';
import type { EtcdDefaults, EtcdOutcome, ReconcileEtcd } from './etcd/contract.ts';
import { PlainEtcdError } from './etcd/plain-etcd-error.ts';
import type { MemberAccess } from './etcd-tools.ts';
import { createEtcdTools, etcdObjectsOf, etcdSecretNames } from './etcd-tools.ts';
import type { EventRecorder } from './events.ts';
import { type Fault, faultOf, faultReason, isPermanent } from './fault.ts';
import type { KubeClient } from './kube/kube-client.ts';
import type { PolledSecrets } from './kube/polled-secrets.ts';
import { resourceNameOf } from './kube/resources.ts';
import type { Caches } from './kube/sources.ts';
import type { KvStore } from './kvstore.ts';
import type { KvStoreMetrics } from './metrics/kvstore-metrics.ts';
import type { ProgressMetrics } from './metrics/progress-metrics.ts';
import { prune } from './prune.ts';
import { type Restore, restoreOf } from './restore.ts';
import { readSecretVersions, secretPollMs } from './secret-versions.ts';
import { buildStatus } from './status.ts';
import type { StatusWriter } from './status-writer.ts';

export interface ReconcileOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly applier: Applier;
  readonly statusWriter: StatusWriter;
  readonly events: EventRecorder;
  readonly metrics: KvStoreMetrics;
  readonly progress: ProgressMetrics;
  readonly log: Logger;
  readonly defaults: ServiceDefaults & { readonly etcd: EtcdDefaults };
  readonly reconcileEtcd: ReconcileEtcd;
  readonly memberAccess: MemberAccess;
  readonly secrets: PolledSecrets;
  /** The time of day. */
  readonly now: () => Date;
  readonly hasServiceMonitors: () => boolean;
}

/**
 * @throws the first fault that may go away by itself, after everything else was done and the status written
 */
export async function reconcile(key: string, options: ReconcileOptions): Promise<ReconcileResult> {
  const [namespace = '', name = ''] = key.split('/');
  const kvstore = options.caches.kvStores.get(namespace, name);
  if (kvstore === undefined || kvstore.metadata.deletionTimestamp !== undefined) {
    // Owner references take everything else away: there is nothing to do, and so no finalizer that could hang.
    options.applier.forget(namespace, name);
    options.secrets.forget(namespace, etcdSecretNames({ metadata: { namespace, name } }));
    options.metrics.drop(namespace, name);
    options.progress.drop(namespace, name);
    return {};
  }
  const pass = kvstore.spec.paused ? observe(kvstore) : await change(kvstore, options);
  await report(kvstore, pass, options);
  const retriable = pass.faults.find((fault) => !isPermanent(fault));
  if (retriable !== undefined) throw retriable.error;
  return resultOf(kvstore, pass);
}

interface Pass {
  readonly etcd: EtcdOutcome | undefined;
  readonly faults: readonly Fault[];
}

function observe({ status }: KvStore): Pass {
  const last = status?.etcd;
  if (last === undefined) return { etcd: undefined, faults: [] };
  return { etcd: { ...last, settled: true, degraded: false, reason: 'Paused', message: '' }, faults: [] };
}

async function change(kvstore: KvStore, options: ReconcileOptions): Promise<Pass> {
  const faults: Fault[] = [];
  const wanted = new Set<string>();
  const apply = async (object: KubernetesObject): Promise<void> => {
    wanted.add(objectId(resourceNameOf(object), object));
    if (await options.applier.apply(kvstore, object)) {
      options.log.info({ kvstore: kvstore.metadata.name, kind: object.kind, object: object.metadata?.name }, 'applied');
    }
  };
  const attempt = async <T>(action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      faults.push(faultOf(error));
      return undefined;
    }
  };

  const restore = lookAtRestore(kvstore, options);
  // One part's fault must not keep the others from being repaired.
  const etcd =
    kvstore.spec.etcd === undefined ? undefined : await attempt(() => reconcileEtcd(kvstore, apply, options));
  // An etcd that is left as it is keeps the service that knows it.
  if (faults.some(({ error }) => error instanceof PlainEtcdError)) return { etcd, faults };
  const secretVersions = await attempt(() => readSecretVersions(kvstore, options.client));
  if (secretVersions !== undefined) {
    const around = {
      defaults: options.defaults,
      secretVersions,
      hasServiceMonitors: options.hasServiceMonitors(),
      restoring: restore?.holdsUp !== undefined,
    };
    for (const object of buildServiceObjects(kvstore, around)) await attempt(() => apply(object));
  }
  const { restoreFrom } = kvstore.spec;
  if (restoreFrom !== undefined) {
    const job = buildRestoreJob(kvstore, restoreFrom, options.defaults);
    // One that is there is kept and never changed, whatever has changed since it was made.
    wanted.add(objectId('jobs', job));
    if (restore?.start === true) await attempt(() => apply(job));
  }
  // What was not applied for a fault is not unwanted.
  if (faults.length === 0) await attempt(() => prune(kvstore, options.caches, options.applier, wanted));
  return { etcd, faults };
}

async function reconcileEtcd(
  kvstore: KvStore,
  apply: (object: KubernetesObject) => Promise<void>,
  options: ReconcileOptions,
): Promise<EtcdOutcome> {
  const tools = createEtcdTools(kvstore, { ...options, apply });
  try {
    const objects = await etcdObjectsOf(kvstore, options);
    return await options.reconcileEtcd(kvstore, objects, tools, options.defaults.etcd);
  } catch (error) {
    // What was known of the Secrets may be why.
    options.secrets.expire(kvstore.metadata.namespace, etcdSecretNames(kvstore));
    throw error;
  }
}

function lookAtRestore(kvstore: KvStore, { caches }: ReconcileOptions): Restore | undefined {
  const { namespace, name } = kvstore.metadata;
  const { restoreFrom } = kvstore.spec;
  const jobName = restoreFrom === undefined ? '' : restoreJobName(kvstore, restoreFrom);
  return restoreOf(kvstore, {
    deployment: caches.deployments.get(namespace, name),
    job: caches.jobs.get(namespace, jobName),
    pods: caches.pods
      .ofGroup(`${namespace}/${name}`)
      .filter(({ metadata }) => metadata?.labels?.['batch.kubernetes.io/job-name'] === jobName),
  });
}

async function report(kvstore: KvStore, pass: Pass, options: ReconcileOptions): Promise<void> {
  const { namespace, name } = kvstore.metadata;
  const deployment = options.caches.deployments.get(namespace, name);
  const cronJob = options.caches.cronJobs.get(namespace, `${name}-backup`);
  const restore = lookAtRestore(kvstore, options);
  const status = buildStatus(kvstore, { deployment, cronJob, restore, ...pass }, options.now());
  options.metrics.set(kvstore, status, pass.etcd?.certificateExpiry);
  await options.statusWriter.write(kvstore, status);
  options.progress.set(kvstore, status, { deployment, etcd: pass.etcd });
  for (const fault of pass.faults) options.events.record(kvstore, 'Warning', faultReason(fault), fault.message);
}

function resultOf(kvstore: KvStore, { etcd }: Pass): ReconcileResult {
  const waits = [etcd?.requeueAfterMs, referencedSecrets(kvstore).length > 0 ? secretPollMs : undefined];
  const soonest = Math.min(...waits.filter((ms) => ms !== undefined));
  return kvstore.spec.paused || soonest === Number.POSITIVE_INFINITY ? {} : { requeueAfterMs: soonest };
}
