/**
 * A Kubernetes of one KvStore: what reconcileEtcd applies becomes local etcd processes. It keeps the rules that the
 * operator relies on: stable addresses by ordinal, claims that outlive pods, pods that see the ConfigMap of their
 * start, objects applied over the version they were read at.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject, V1Secret, V1StatefulSet } from '@kubernetes/client-node';
import { needBinary } from '../../../test-support/binaries.ts';
import { tlsPath } from '../../src/etcd/build/member-config.ts';
import type { EtcdObjects, EtcdOutcome, EtcdTools, Identity, MemberClient } from '../../src/etcd/contract.ts';
import { callHttps } from '../../src/etcd/https-call.ts';
import { memberClient } from '../../src/etcd/member-client.ts';
import { etcdNames } from '../../src/etcd/names.ts';
import { reconcileEtcd } from '../../src/etcd/reconcile-etcd.ts';
import { secretNames } from '../../src/etcd/tls/secrets.ts';
import type { EtcdSpec, KvStore } from '../../src/kvstore.ts';
import { AppliedObjects } from './applied-objects.ts';
import { FakeClaim, FakePod } from './fake-pods.ts';
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
  readonly pods = new Map<string, FakePod>();
  readonly claims = new Map<string, FakeClaim>();
  readonly applied = new AppliedObjects();
  readonly addresses: LocalAddresses;
  /** The operator's time of day. */
  now: () => Date = () => new Date();
  readonly events: string[] = [];
  readonly actions: string[] = [];
  /** Which claims each member id has run on: more than one is amnesia. */
  readonly claimsOfMember = new Map<string, Set<string>>();
  readonly #binary: string;
  readonly #dir: string;
  #snapshot: EtcdObjects = { pods: [], claims: [], secrets: [] };
  #busy: Promise<void>[] = [];

  static async start(etcd: Partial<EtcdSpec> = {}): Promise<FakeCluster> {
    const binary = needBinary('etcd');
    const dir = await mkdtemp(join(tmpdir(), 'kvstore-etcd-'));
    return new FakeCluster(binary, dir, await LocalAddresses.reserve(), kvstoreWith(etcd));
  }

  constructor(binary: string, dir: string, addresses: LocalAddresses, kvstore: KvStore) {
    this.#binary = binary;
    this.#dir = dir;
    this.addresses = addresses;
    this.kvstore = kvstore;
  }

  get names() {
    return etcdNames(this.kvstore);
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
    await this.#control();
    return reconcileEtcd(this.kvstore, this.#seen(), this.#tools(), defaults);
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

  /** What a leaf's Secret holds, as a pod sees it. */
  identity(leaf: 'member' | 'client' | 'operator' = 'operator'): Identity {
    const secret = this.applied.secret(secretNames(this.names)[leaf]);
    const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
    return { ca: text('ca.crt'), certificate: text('tls.crt'), key: text('tls.key') };
  }

  member(podName: string, identity = this.identity()): MemberClient {
    const ordinal = this.names.ordinal(podName) ?? 0;
    const real = memberClient(
      { url: this.addresses.clientURL(ordinal), serverName: this.#serverName(ordinal) },
      identity,
    );
    const change = <A extends readonly unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
      return (...args: A) => this.#change([name, ...args].join(' '), () => call(...args));
    };
    return {
      ready: () => real.ready(),
      status: async () => {
        const claim = this.claims.get(this.names.claim(ordinal))?.uid;
        const status = await real.status();
        const known = this.claimsOfMember.get(status.memberId) ?? new Set();
        if (claim !== undefined) this.claimsOfMember.set(status.memberId, known.add(claim));
        return status;
      },
      memberList: async () => (await real.memberList()).map((member) => this.addresses.named(this.names, member)),
      memberAdd: change('memberAdd', async (peerURL, learner) =>
        this.addresses.named(this.names, await real.memberAdd(this.addresses.local(this.names, peerURL), learner)),
      ),
      memberPromote: change('memberPromote', (id) => real.memberPromote(id)),
      memberRemove: change('memberRemove', (id) => real.memberRemove(id)),
      moveLeader: change('moveLeader', (id) => real.moveLeader(id)),
      compact: change('compact', (revision) => real.compact(revision)),
      defragment: change(`defragment ${podName}`, () => real.defragment()),
      disarm: change('disarm', (alarm, id) => real.disarm(alarm, id)),
    };
  }

  /** A call of a member's HTTP gateway. */
  async call(ordinal: number, path: string, body: object): Promise<unknown> {
    const { status, body: answer } = await callHttps(`${this.addresses.clientURL(ordinal)}/v3/${path}`, {
      body: JSON.stringify(body),
      serverName: this.#serverName(ordinal),
      identity: this.identity(),
      timeoutMs: 10_000,
    });
    if (status !== 200) throw new Error(answer);
    return JSON.parse(answer);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.pods.values()].map((pod) => pod.stop('SIGKILL')));
    await Promise.all(this.#busy);
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** The StatefulSet controller and the kubelet, once. */
  async #control(): Promise<void> {
    for (const claim of this.claims.values()) {
      const used = [...this.pods.values()].some((pod) => pod.claim === claim);
      if (!claim.terminating || used) continue;
      this.claims.delete(claim.name);
      await claim.remove();
    }
    const { names } = this;
    const { statefulSet, configMap } = this.applied;
    if (statefulSet?.spec === undefined || configMap === undefined) return;
    const replicas = statefulSet.spec.replicas ?? 1;
    for (const pod of this.pods.values()) {
      if ((names.ordinal(pod.name) ?? 0) >= replicas && !pod.terminating) this.#stopPod(pod);
    }
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      if (this.pods.has(names.pod(ordinal))) continue;
      const claim = await this.#claim(ordinal, statefulSet);
      const config = configMap.data?.[`${names.pod(ordinal)}.yaml`];
      if (claim.terminating || config === undefined) continue;
      const template = structuredClone(statefulSet.spec.template);
      const pod = new FakePod(names.pod(ordinal), randomUUID(), claim, template, this.#binary);
      this.pods.set(pod.name, pod);
      await pod.start(this.#localConfig(ordinal, config, claim));
    }
  }

  async #claim(ordinal: number, statefulSet: V1StatefulSet): Promise<FakeClaim> {
    const name = this.names.claim(ordinal);
    const existing = this.claims.get(name);
    if (existing !== undefined) return existing;
    const uid = randomUUID();
    const size = statefulSet.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage ?? '';
    const claim = new FakeClaim(name, uid, join(this.#dir, uid), size);
    await claim.make();
    this.claims.set(name, claim);
    return claim;
  }

  #stopPod(pod: FakePod): void {
    this.#busy.push(
      pod.stop().then(() => {
        this.pods.delete(pod.name);
      }),
    );
  }

  /** What the caches show: never anything that changes later. */
  #seen(): EtcdObjects {
    const { statefulSet, configMap, secrets } = this.applied;
    const now = structuredClone({
      ...(statefulSet === undefined ? {} : { statefulSet }),
      ...(configMap === undefined ? {} : { configMap }),
      pods: [...this.pods.values()].map((pod) => pod.object()),
      claims: [...this.claims.values()].map((claim) => claim.object()),
      secrets,
    });
    // Secrets are read, not watched: they never lag behind what the operator itself wrote.
    const shown = this.lag() ? { ...this.#snapshot, secrets: now.secrets } : now;
    this.#snapshot = now;
    return shown;
  }

  #tools(): EtcdTools {
    return {
      apply: (object) => this.#change('', async () => this.#apply(object)),
      deletePod: (_, name, uid) =>
        this.#change(`deletePod ${name}`, async () => {
          const pod = this.pods.get(name);
          if (pod?.uid === uid && !pod.terminating) this.#stopPod(pod);
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
      event: (_, reason) => this.events.push(reason),
      member: (podName, identity) => this.member(podName, identity),
      now: () => this.now(),
    };
  }

  async #apply(object: KubernetesObject): Promise<void> {
    this.applied.apply(object);
    if (object.kind === 'Secret') await this.#mount(object);
  }

  /** The kubelet: pods see a Secret's new contents in the files they have. */
  async #mount({ metadata, data = {} }: V1Secret): Promise<void> {
    const folder = join(this.#dir, metadata?.name ?? '');
    await mkdir(folder, { recursive: true });
    for (const [file, value] of Object.entries(data)) {
      await writeFile(join(folder, `${file}.new`), Buffer.from(value, 'base64'), { mode: 0o600 });
      await rename(join(folder, `${file}.new`), join(folder, file));
    }
  }

  async #change<R>(what: string, call: () => Promise<R>): Promise<R> {
    this.mishap(what, 'before');
    if (what !== '') this.actions.push(what);
    const result = await call();
    this.mishap(what, 'after');
    return result;
  }

  #localConfig(ordinal: number, config: string, claim: FakeClaim): string {
    const local = this.addresses
      .localConfig(this.names, ordinal, config)
      .replaceAll(tlsPath, join(this.#dir, secretNames(this.names).member));
    return JSON.stringify({ ...JSON.parse(local), 'data-dir': join(claim.dir, 'data'), 'unsafe-no-fsync': true });
  }

  #serverName(ordinal: number): string {
    return new URL(this.names.clientURL(ordinal)).hostname;
  }
}
