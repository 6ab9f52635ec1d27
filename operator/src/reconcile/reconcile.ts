/** One KvStore brought nearer to what it asks for: read, build, apply, write the status. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { type Applier, objectId } from '../apply/apply.ts';
import { readOwnNames } from '../apply/own-names.ts';
import { prune } from '../apply/prune.ts';
import type { Config } from '../config.ts';
import type { ReconcileResult } from '../control/controller.ts';
import { type ServiceDefaults, serviceImageOf } from '../desired/deployment.ts';
import { buildServiceObjects } from '../desired/desired.ts';
import { buildRestoreJob } from '../desired/restore-job.ts';
import { referencedSecrets } from '../desired/service-environment.ts';
import type { EtcdDefaults, EtcdOutcome, EtcdTools, ReconcileEtcd } from '../etcd/contract.ts';
import { PlainEtcdError } from '../etcd/plain-etcd-error.ts';
import { type Exposures, ownIngress } from '../exposure/exposure.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { PolledSecrets } from '../kube/polled-secrets.ts';
import { pathOf, resourceNameOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import type { KvStoreMetrics } from '../metrics/kvstore-metrics.ts';
import type { ProgressMetrics } from '../metrics/progress-metrics.ts';
import { announcementsOf } from '../status/announce.ts';
import { isOpenToAll, OpenStoreError } from '../status/condition/open.ts';
import type { EventRecorder } from '../status/events.ts';
import { buildStatus } from '../status/status.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import { keepBack } from '../upgrade/keep-back.ts';
import { freshReadsNow } from '../upgrade/reads-by-lease.ts';
import type { Turns } from '../upgrade/turns.ts';
import { hopelessBackups } from './backup.ts';
import { etcdObjectsOf, etcdSecretNames } from './etcd-objects.ts';
import type { MemberAccess } from './etcd-tools.ts';
import { createEtcdTools } from './etcd-tools.ts';
import { type Fault, faultOf, faultReason, isPermanent, isServiceForeign } from './fault.ts';
import type { Look, Looker, Pass } from './look.ts';
import { etcdMayNotBegin, Protection } from './protection.ts';
import { readOnly } from './read-only.ts';
import { checkRestoreAllowed, permissionPollMs, RestoreNotAllowedError } from './restore-permission.ts';
import { readSecretVersions, secretPollMs } from './secret-versions.ts';

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
  /** Whether a KvStore may answer for every host without tokens. */
  readonly openStores: Config['openStores'];
  readonly reconcileEtcd: ReconcileEtcd;
  readonly memberAccess: MemberAccess;
  readonly secrets: PolledSecrets;
  readonly exposures: Exposures;
  readonly looker: Looker;
  readonly turns: Turns;
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
    options.looker.forget(namespace, name);
    options.turns.forget(namespace, name);
    return {};
  }
  if (kvstore.spec.paused) options.turns.forget(namespace, name);
  const pass = kvstore.spec.paused ? await observe(kvstore, options) : await change(kvstore, options);
  const { findings, requeueAfterMs } = await report(kvstore, pass, options);
  const retriable = findings.faults.find((fault) => !isPermanent(fault));
  if (retriable !== undefined) throw retriable.error;
  return resultOf(kvstore, pass, requeueAfterMs, options.turns.isWaiting(kvstore));
}

/** Looks at etcd as always, with tools that change nothing. */
async function observe(kvstore: KvStore, options: ReconcileOptions): Promise<Pass> {
  if (kvstore.spec.etcd === undefined) return { etcd: undefined, faults: [] };
  try {
    const outcome = await reconcileEtcd(kvstore, async () => {}, options, readOnly);
    return { etcd: { ...outcome, requeueAfterMs: pausedMs }, faults: [] };
  } catch (error) {
    return { etcd: undefined, faults: [faultOf(error)] };
  }
}

/** Between two looks at an etcd that is left as it is. */
const pausedMs = 30_000;

async function change(kvstore: KvStore, options: ReconcileOptions): Promise<Pass> {
  options.turns.begin(kvstore);
  const faults: Fault[] = [];
  const wanted = new Set<string>();
  const protection = new Protection();
  const apply = async (object: KubernetesObject): Promise<void> => {
    wanted.add(objectId(resourceNameOf(object), object));
    try {
      if (!(await options.applier.apply(kvstore, object))) return;
    } catch (error) {
      protection.lacks(object);
      throw error;
    }
    options.log.info({ kvstore: kvstore.metadata.name, kind: object.kind, object: object.metadata?.name }, 'applied');
  };
  const ofPods: Fault[] = [];
  const attempt = async <T>(action: () => Promise<T>, ...others: Fault[][]): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      const fault = faultOf(error);
      for (const list of [faults, ...others]) list.push(fault);
      return undefined;
    }
  };

  const restore = options.looker.restore(kvstore);
  await attempt(() => endHopelessBackups(kvstore, options));
  const names = await attempt(() => readOwnNames(kvstore, options));
  // One part's fault must not keep the others from being repaired.
  const etcd = await attempt(async () => {
    if (kvstore.spec.etcd === undefined) return undefined;
    if (names !== undefined && (await etcdMayNotBegin(kvstore, names, options))) return undefined;
    return reconcileEtcd(kvstore, apply, options);
  }, ofPods);
  // An etcd that is left as it is keeps the service that knows it.
  if (faults.some(({ error }) => error instanceof PlainEtcdError)) return { etcd, faults };
  const { namespace, name } = kvstore.metadata;
  const liveDeployment = () => options.caches.deployments.get(namespace, name);
  let isApplied = false;
  const pods = options.caches.pods.ofGroup(`${namespace}/${name}`);
  const image = serviceImageOf(kvstore, options.defaults);
  const freshReads = freshReadsNow(kvstore, image, { live: liveDeployment(), pods });
  const secretVersions = await attempt(() => readSecretVersions(kvstore, options.client));
  await attempt(() => protection.check(kvstore, options));
  await attempt(() => refuseOpen(kvstore, options));
  if (secretVersions !== undefined && names !== undefined) {
    const around = {
      names,
      defaults: options.defaults,
      secretVersions,
      freshReads,
      hasServiceMonitors: options.hasServiceMonitors(),
      monitoringNamespaces: options.defaults.etcd.reach?.monitoringNamespaces,
      restoring: restore?.holdsUp !== undefined,
      live: liveDeployment(),
    };
    for (const object of buildServiceObjects(kvstore, around)) {
      if (object.kind === resources.ingresses.kind && !mayHaveRoute(kvstore, faults, options)) continue;
      if (protection.holdsBack(object)) continue;
      const before = faults.length;
      const isPods = object.kind === resources.deployments.kind;
      await attempt(
        () => apply(keepBack(object, liveDeployment(), () => options.turns.take(kvstore))),
        ...(isPods ? [ofPods] : []),
      );
      if (faults.length === before && isPods) isApplied = !options.turns.isWaiting(kvstore);
    }
    if (!mayHaveRoute(kvstore, faults, options)) await attempt(() => removeRoute(kvstore, options));
  }
  const { restoreFrom } = kvstore.spec;
  if (restoreFrom !== undefined) {
    const defaults =
      names === undefined ? options.defaults : { ...options.defaults, serviceAccount: names.serviceAccount };
    const job = buildRestoreJob(kvstore, restoreFrom, defaults, liveDeployment());
    // One that is there is kept and never changed, whatever has changed since it was made.
    wanted.add(objectId('jobs', job));
    if (restore?.finding.reason === 'Waiting') {
      await attempt(async () => {
        await checkRestoreAllowed(kvstore, restoreFrom, options);
        if (restore.start && names !== undefined && !protection.holdsBack(job)) await apply(job);
      });
    }
  }
  // What was not applied for a fault is not unwanted.
  if (faults.length === 0) await attempt(() => prune(kvstore, options.caches, options.applier, wanted));
  const mayBegin = kvstore.spec.freshReads === 'lease' && !options.turns.isWaiting(kvstore);
  return { etcd, faults, upgrade: { isApplied, leaseWaits: mayBegin && freshReads !== 'lease', faults: ofPods } };
}

async function reconcileEtcd(
  kvstore: KvStore,
  apply: (object: KubernetesObject) => Promise<void>,
  options: ReconcileOptions,
  limited: (tools: EtcdTools) => EtcdTools = (tools) => tools,
): Promise<EtcdOutcome> {
  const tools = limited(createEtcdTools(kvstore, { ...options, apply }));
  try {
    const objects = await etcdObjectsOf(kvstore, options);
    return await options.reconcileEtcd(kvstore, objects, tools, options.defaults.etcd);
  } catch (error) {
    // What was known of the Secrets may be why.
    options.secrets.expire(kvstore.metadata.namespace, etcdSecretNames(kvstore));
    throw error;
  }
}

/** @throws OpenStoreError; the route that is there goes as well, as the setting asks for no such store */
async function refuseOpen(kvstore: KvStore, { openStores }: ReconcileOptions): Promise<void> {
  if (openStores === 'refused' && kvstore.spec.ingress.enabled && isOpenToAll(kvstore)) throw new OpenStoreError();
}

/** A route to a Service that is somebody else's, or for a host that is, would lead clients to a stranger. */
function mayHaveRoute(kvstore: KvStore, faults: readonly Fault[], { exposures }: ReconcileOptions): boolean {
  const isRefused = faults.some(({ error }) => error instanceof OpenStoreError);
  return !isRefused && !isServiceForeign(kvstore, faults) && exposures.holderOf(kvstore) === undefined;
}

async function removeRoute(kvstore: KvStore, { caches, applier }: ReconcileOptions): Promise<void> {
  const ingress = ownIngress(kvstore, caches);
  if (ingress?.metadata?.deletionTimestamp === undefined && ingress !== undefined) {
    await applier.remove(ingress, ingress.metadata?.uid);
  }
}

/** The Job fails at once, is kept as every Job that failed, and the next backup begins when it is due. */
async function endHopelessBackups(kvstore: KvStore, { caches, client, events, now }: ReconcileOptions): Promise<void> {
  const { namespace, name } = kvstore.metadata;
  const key = `${namespace}/${name}`;
  const found = { jobs: caches.jobs.ofGroup(key), pods: caches.pods.ofGroup(key) };
  for (const { metadata } of hopelessBackups(found, now())) {
    const path = pathOf(resources.jobs, namespace, metadata?.name ?? '');
    const body = { metadata: { uid: metadata?.uid }, spec: { activeDeadlineSeconds: 1 } };
    await client.request('PATCH', path, { contentType: 'application/merge-patch+json', body });
    const note = `the Job ${metadata?.name} did not start in time and is ended, so that the next backup can begin`;
    events.record(kvstore, 'Warning', 'BackupEnded', note);
  }
}

async function report(kvstore: KvStore, pass: Pass, options: ReconcileOptions): Promise<Look> {
  const look = await options.looker.look(kvstore, pass);
  const { findings } = look;
  const status = buildStatus(kvstore, findings, options.now());
  options.metrics.set(kvstore, status, pass.etcd?.certificateExpiry);
  await options.statusWriter.write(kvstore, status);
  const { deployment, etcd } = findings;
  if (pass.upgrade !== undefined) options.turns.passed(kvstore, { ...pass.upgrade, status, deployment, etcd });
  options.progress.set(kvstore, status, findings);
  for (const { type, reason, note } of announcementsOf(kvstore.status, status)) {
    options.events.record(kvstore, type, reason, note);
  }
  for (const fault of findings.faults) options.events.record(kvstore, 'Warning', faultReason(fault), fault.message);
  return look;
}

/** Between two times that a KvStore asks whether it is its turn. */
const turnMs = 15_000;

function resultOf(
  kvstore: KvStore,
  { etcd, faults }: Pass,
  lookAgainMs: number | undefined,
  isWaiting: boolean,
): ReconcileResult {
  const pollsSecrets = !kvstore.spec.paused && referencedSecrets(kvstore).length > 0;
  const waits = [
    etcd?.requeueAfterMs,
    lookAgainMs,
    faults.some(({ error }) => error instanceof RestoreNotAllowedError) ? permissionPollMs : undefined,
    pollsSecrets ? secretPollMs : undefined,
    isWaiting ? turnMs : undefined,
  ];
  const soonest = Math.min(...waits.filter((ms) => ms !== undefined));
  return soonest === Number.POSITIVE_INFINITY ? {} : { requeueAfterMs: soonest };
}
