/**
 * A Kubernetes of one KvStore: what reconcileEtcd applies becomes local etcd processes. It keeps the rules that the
 * operator relies on: stable addresses by ordinal, claims that outlive pods, pods that see the ConfigMap of their
 * start, objects applied over the version they were read at.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject, V1StatefulSet } from '@kubernetes/client-node';
import { EtcdCallError } from '@kvstore/etcd/call-error.ts';
import type { ServiceName } from '@kvstore/etcd/schema.ts';
import { needBinary } from '../../../test-support/programs/binaries.ts';
import type { EtcdObjects, EtcdOutcome, EtcdTools, Identity, MemberClient } from '../../src/etcd/contract.ts';
import { etcdNames, restartedAnnotation } from '../../src/etcd/names.ts';
import { reconcileEtcd } from '../../src/etcd/reconcile-etcd.ts';
import type { Leaf } from '../../src/etcd/tls/secrets.ts';
import type { EtcdSpec, KvStore } from '../../src/kvstore.ts';
import { readOnly } from '../../src/reconcile/read-only.ts';
import { AppliedObjects } from './applied-objects.ts';
import { callMember, identityOf, localMember } from './fake-members.ts';
import { FakeWorkloads } from './fake-workloads.ts';
import { LocalAddresses } from './local-addresses.ts';
import { kvstoreWith } from './samples.ts';

const pauseMs = 40;
export const phaseMs = 600_000;
const defaults = { image: 'registry.k8s.io/etcd:v3.6.16', authorityPhaseMs: phaseMs };

/** Called around everything that changes something; throws to let the operator die there. */
export type Mishap = (what: string, moment: 'before' | 'after') => void;

export class FakeCluster {
  kvstore: KvStore;
  mishap: Mishap = () => undefined;
  /** Chance that the caches show the previous state of things. */
  lag: () => boolean = () => false;
  /** Members whose view of the others is wrong: they refuse every change of membership. */
  refuses: (podName: string) => boolean = () => false;
  /** Whether it is its turn when the operator is a new version. */
  mayUpgrade = true;
  /** As with spec.paused: it is looked at, and nothing is changed. */
  isPaused = false;
  /** The operator's time of day. */
  now: () => Date = () => new Date();
  readonly applied = new AppliedObjects();
  readonly workloads: FakeWorkloads;
  readonly addresses: LocalAddresses;
  readonly actions: string[] = [];
  /** Reasons of Events. */
  readonly events: string[] = [];
  /** Which claims each member id has run on: more than one is amnesia. */
  readonly claimsOfMember = new Map<string, Set<string>>();
  #snapshot: EtcdObjects = { pods: [], claims: [], secrets: [], trials: { jobs: [], pods: [] } };

  static async start(etcd: Partial<EtcdSpec> = {}): Promise<FakeCluster> {
    const binary = needBinary('etcd');
    const dir = await mkdtemp(join(tmpdir(), 'kvstore-etcd-'));
    return new FakeCluster(binary, dir, await LocalAddresses.reserve(), kvstoreWith(etcd));
  }

  constructor(binary: string, dir: string, addresses: LocalAddresses, kvstore: KvStore) {
    this.kvstore = kvstore;
    this.addresses = addresses;
    this.workloads = new FakeWorkloads({ binary, dir, addresses, applied: this.applied });
  }

  get names() {
    return etcdNames(this.kvstore);
  }

  get pods() {
    return this.workloads.pods;
  }

  get claims() {
    return this.workloads.claims;
  }

  want(etcd: Partial<EtcdSpec>): void {
    const { spec } = this.kvstore;
    this.kvstore = kvstoreWith({ ...spec.etcd, ...etcd }, this.kvstore.metadata.uid);
  }

  /** Reconciles until an outcome is as wanted. A reconcile that dies is followed by the next, as after a restart. */
  async until(wanted: (outcome: EtcdOutcome) => boolean, withinMs = 90_000): Promise<EtcdOutcome> {
    const end = performance.now() + withinMs;
    let last: unknown;
    while (performance.now() < end) {
      const outcome = await this.reconcile().catch((error: unknown) => {
        last = error;
        return undefined;
      });
      if (outcome !== undefined) {
        last = outcome;
        if (wanted(outcome)) return outcome;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    throw new Error(`not in time; actions ${this.actions.slice(-15).join(', ')}`, { cause: last });
  }

  async reconcile(): Promise<EtcdOutcome> {
    await this.workloads.control(this.names);
    this.applied.forgetUnwantedJobs();
    const tools = this.isPaused ? readOnly(this.#tools()) : this.#tools();
    return reconcileEtcd(this.kvstore, this.#seen(), tools, defaults);
  }

  settled(): Promise<EtcdOutcome> {
    return this.until(({ settled }) => settled);
  }

  /** As when the volume's disk is gone and both objects were deleted: the process is killed, not stopped. */
  async loseVolume(ordinal: number): Promise<void> {
    const pod = this.pods.get(this.names.pod(ordinal));
    const claim = this.claims.get(this.names.claim(ordinal));
    await pod?.stop('SIGKILL');
    if (pod !== undefined) this.pods.delete(pod.name);
    if (claim !== undefined) this.claims.delete(claim.name);
    await claim?.remove();
  }

  /** The KvStore is deleted: everything goes but the claims, which the policy keeps. */
  async deleteKvStore(): Promise<void> {
    await Promise.all([...this.pods.values()].map((pod) => pod.stop()));
    this.pods.clear();
    this.applied.clear();
    this.kvstore = kvstoreWith(this.kvstore.spec.etcd, randomUUID());
  }

  /** As kubectl does it. */
  rolloutRestart(at: string): void {
    const { statefulSet } = this.applied;
    if (statefulSet?.spec === undefined) return;
    const restarted = structuredClone(statefulSet);
    const metadata = restarted.spec?.template.metadata;
    if (metadata !== undefined) metadata.annotations = { ...metadata.annotations, [restartedAnnotation]: at };
    this.applied.put(restarted as V1StatefulSet & KubernetesObject);
  }

  scaleToNothing(): void {
    const { statefulSet } = this.applied;
    if (statefulSet?.spec === undefined) return;
    this.applied.put({ ...statefulSet, spec: { ...statefulSet.spec, replicas: 0 } } as V1StatefulSet);
  }

  /** Another data directory takes the place of a stopped member's. */
  async exchangeData(ordinal: number, dir: string): Promise<void> {
    const data = join(this.claims.get(this.names.claim(ordinal))?.dir ?? '', 'data');
    await rm(data, { recursive: true });
    await rename(dir, data);
  }

  identity(leaf: Leaf = 'operator'): Identity {
    return identityOf(this.names, this.applied, leaf);
  }

  member(podName: string, identity = this.identity()): MemberClient {
    const ordinal = this.names.ordinal(podName) ?? 0;
    return localMember(
      this.names,
      ordinal,
      this.addresses,
      identity,
      (what, call) =>
        this.#change(what, () => {
          const isMembership = /^member(Add|Remove)/.test(what);
          if (isMembership && this.refuses(podName)) throw new EtcdCallError('etcdserver: unhealthy cluster', 14, true);
          return call();
        }),
      (memberId) => {
        const claim = this.claims.get(this.names.claim(ordinal))?.uid;
        const known = this.claimsOfMember.get(memberId) ?? new Set();
        if (claim !== undefined) this.claimsOfMember.set(memberId, known.add(claim));
      },
    );
  }

  call<T>(
    ordinal: number,
    method: readonly [ServiceName, string],
    request: object,
    identity = this.identity(),
  ): Promise<T> {
    return callMember<T>(this.names, ordinal, this.addresses, identity, method, request);
  }

  stop(): Promise<void> {
    return this.workloads.stop();
  }

  /** What the caches show: never anything that changes later. */
  #objects(): EtcdObjects {
    const { statefulSet, configMap, secrets } = this.applied;
    return structuredClone({
      ...(statefulSet === undefined ? {} : { statefulSet }),
      ...(configMap === undefined ? {} : { configMap }),
      pods: [...this.pods.values()].map((pod) => pod.object()),
      claims: [...this.claims.values()].map((claim) => claim.object()),
      trials: this.applied.trials,
      secrets,
    });
  }

  #seen(): EtcdObjects {
    const now = this.#objects();
    // Secrets are read, not watched: they never lag behind what the operator itself wrote.
    const shown = this.lag() ? { ...this.#snapshot, secrets: now.secrets } : now;
    this.#snapshot = now;
    return shown;
  }

  #tools(): EtcdTools {
    return {
      isReadOnly: false,
      apply: (object) => this.#change('', () => this.#apply(object)),
      deletePod: (_, name, uid) =>
        this.#change(`deletePod ${name}`, async () => {
          const pod = this.pods.get(name);
          if (pod?.uid === uid && !pod.terminating) this.workloads.stopPod(pod);
        }),
      deleteClaim: (_, name, uid) =>
        this.#change(`deleteClaim ${name}`, async () => {
          const claim = this.claims.get(name);
          if (claim?.uid === uid) claim.terminating = true;
        }),
      resizeClaim: (_, name, uid, size) =>
        this.#change(`resizeClaim ${name}`, async () => {
          const claim = this.claims.get(name);
          if (claim?.uid === uid) claim.request = size;
        }),
      read: async () => this.#objects(),
      mayUpgrade: () => this.mayUpgrade,
      event: (_, reason) => this.events.push(reason),
      member: (podName, identity) => this.member(podName, identity),
      now: () => this.now(),
    };
  }

  async #apply(object: KubernetesObject): Promise<void> {
    this.applied.apply(object);
    if (object.kind === 'Secret') await this.workloads.mount(object);
  }

  async #change<R>(what: string, call: () => Promise<R>): Promise<R> {
    this.mishap(what, 'before');
    if (what !== '') this.actions.push(what);
    const result = await call();
    this.mishap(what, 'after');
    return result;
  }
}
