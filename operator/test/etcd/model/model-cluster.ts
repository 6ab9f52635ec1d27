/** Kubernetes as a set of facts: objects with versions, and what controllers and the kubelet make of them. */
import type {
  KubernetesObject,
  V1ConfigMap,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { EtcdObjects } from '../../../src/etcd/contract.ts';
import { type EtcdNames, stateAnnotation } from '../../../src/etcd/names.ts';
import { type Data, ModelEtcd } from './model-etcd.ts';

/** How long a pod that is deleted goes on. */
const graceMs = 1_000;
const startMs = 1_000;
const restartMs = 8_000;
/**
 * How late a kubelet may be with a ConfigMap that it reads for a new pod. The gate of a member that is promoted has been
 * closed for longer by the time a pod on another volume could start.
 */
const lateMs = 1_000;
/** How many former states a late watch may show. */
const kept = 12;

export interface ModelClaim {
  readonly name: string;
  readonly uid: string;
  terminating: boolean;
  data: Data | undefined;
}

export interface ModelPod {
  readonly name: string;
  readonly ordinal: number;
  readonly uid: string;
  readonly claim: ModelClaim;
  readonly annotations: Readonly<Record<string, string>>;
  /** What it was made with. */
  readonly config: V1ConfigMap;
  restarts: number;
  /** When its container starts next, unless it runs. */
  startsAt: number;
  /** When it is gone; undefined while it is not deleted. */
  goneAt: number | undefined;
}

/** What a watch may show of each kind, the newest last. */
export interface History {
  readonly statefulSets: (V1StatefulSet | undefined)[];
  readonly configMaps: (V1ConfigMap | undefined)[];
  readonly pods: V1Pod[][];
  readonly claims: V1PersistentVolumeClaim[][];
}

export class ModelCluster {
  readonly names: EtcdNames;
  readonly etcd = new ModelEtcd(() => this.now);
  readonly pods = new Map<number, ModelPod>();
  readonly claims = new Map<number, ModelClaim>();
  readonly history: History = { statefulSets: [undefined], configMaps: [undefined], pods: [[]], claims: [[]] };
  statefulSet: V1StatefulSet | undefined;
  configMap: V1ConfigMap | undefined;
  now = Date.parse('2026-11-29T00:00:00Z');
  /** Views that become wrong once the member that they are of runs again: see ModelEtcd.wrongViews. */
  readonly wrongAfterwards: string[] = [];
  /** A kubelet that gives new pods the configuration of a moment ago. */
  lateKubelet = false;
  #former: { readonly configMap: V1ConfigMap; readonly until: number } | undefined;
  #uids = 0;
  #version = 0;

  constructor(names: EtcdNames) {
    this.names = names;
  }

  /** What is there now. */
  objects(): EtcdObjects {
    return this.seen({ statefulSets: 0, configMaps: 0, pods: 0, claims: 0 });
  }

  /** What watches show that are late by so many states, each on its own. */
  seen(late: Readonly<Record<keyof History, number>>): EtcdObjects {
    const at = <T>(states: readonly T[], count: number): T => states[Math.max(0, states.length - 1 - count)] as T;
    const statefulSet = at(this.history.statefulSets, late.statefulSets);
    const configMap = at(this.history.configMaps, late.configMaps);
    return {
      ...(statefulSet === undefined ? {} : { statefulSet }),
      ...(configMap === undefined ? {} : { configMap }),
      pods: at(this.history.pods, late.pods),
      claims: at(this.history.claims, late.claims),
      secrets: [],
      trials: { jobs: [], pods: [] },
    };
  }

  apply(object: KubernetesObject): void {
    if (object.kind === 'StatefulSet') {
      this.statefulSet = object as V1StatefulSet;
      remember(this.history.statefulSets, this.statefulSet);
    }
    if (object.kind !== 'ConfigMap') return;
    const { resourceVersion: base, ...metadata } = object.metadata ?? {};
    const present = this.configMap;
    if (base !== undefined && base !== present?.metadata?.resourceVersion) throw new Error('conflict');
    const { data } = object as V1ConfigMap;
    const annotation = metadata.annotations?.[stateAnnotation];
    const isSame =
      annotation === present?.metadata?.annotations?.[stateAnnotation] &&
      JSON.stringify(data) === JSON.stringify(present?.data);
    if (isSame) return;
    if (present !== undefined) this.#former = { configMap: present, until: this.now + lateMs };
    this.#version += 1;
    this.configMap = { ...object, metadata: { ...metadata, resourceVersion: String(this.#version) } } as V1ConfigMap;
    remember(this.history.configMaps, this.configMap);
  }

  deletePod(ordinal: number): void {
    const pod = this.pods.get(ordinal);
    if (pod !== undefined && pod.goneAt === undefined) pod.goneAt = this.now + graceMs;
    this.publish();
  }

  /** As with --force: the pod is gone at once, and its claim may be too. */
  losePod(ordinal: number, withVolume: boolean): void {
    this.pods.delete(ordinal);
    this.etcd.processes.delete(ordinal);
    if (withVolume) this.claims.delete(ordinal);
    this.publish();
  }

  crash(ordinal: number): void {
    const pod = this.pods.get(ordinal);
    if (pod === undefined || !this.etcd.processes.delete(ordinal)) return;
    pod.restarts += 1;
    pod.startsAt = this.now + startMs;
    this.publish();
  }

  /** Time passes, and every controller does its work. */
  pass(ms: number): void {
    this.now += ms;
    for (const pod of this.pods.values()) this.#kubelet(pod);
    for (const [ordinal, claim] of this.claims) {
      if (claim.terminating && !this.pods.has(ordinal)) this.claims.delete(ordinal);
    }
    this.#control();
    this.etcd.elect();
    this.publish();
  }

  publish(): void {
    remember(
      this.history.pods,
      [...this.pods.values()].map((pod) => this.#podObject(pod)),
    );
    remember(this.history.claims, [...this.claims.values()].map(claimObject));
  }

  #control(): void {
    const replicas = this.statefulSet?.spec?.replicas ?? 0;
    for (const { ordinal } of this.pods.values()) if (ordinal >= replicas) this.deletePod(ordinal);
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      if (this.pods.has(ordinal) || this.configMap === undefined) continue;
      let claim = this.claims.get(ordinal);
      if (claim?.terminating) continue;
      if (claim === undefined) {
        claim = { name: this.names.claim(ordinal), uid: this.#uid('v'), terminating: false, data: undefined };
        this.claims.set(ordinal, claim);
      }
      this.pods.set(ordinal, {
        name: this.names.pod(ordinal),
        ordinal,
        uid: this.#uid('p'),
        claim,
        annotations: this.statefulSet?.spec?.template.metadata?.annotations ?? {},
        config: this.#mountedConfig(this.configMap),
        restarts: 0,
        startsAt: this.now + startMs,
        goneAt: undefined,
      });
    }
  }

  #mountedConfig(present: V1ConfigMap): V1ConfigMap {
    const former = this.#former;
    return this.lateKubelet && former !== undefined && this.now < former.until ? former.configMap : present;
  }

  #kubelet(pod: ModelPod): void {
    const { ordinal } = pod;
    if (pod.goneAt !== undefined && pod.goneAt <= this.now) {
      this.etcd.processes.delete(ordinal);
      this.pods.delete(ordinal);
      return;
    }
    const process = this.etcd.processes.get(ordinal);
    // A member that was removed exits.
    if (process !== undefined && !this.etcd.isMember(process.data)) {
      this.crash(ordinal);
      pod.startsAt = this.now + restartMs;
    }
    if (pod.goneAt !== undefined || this.etcd.processes.has(ordinal) || pod.startsAt > this.now) return;
    const data = this.#start(pod);
    if (data === undefined) {
      pod.restarts += 1;
      pod.startsAt = this.now + restartMs;
      return;
    }
    pod.claim.data = data;
    const isOfThis = (view: string): boolean => view.endsWith(`>${ordinal}`);
    const wrong = this.wrongAfterwards.filter(isOfThis);
    this.etcd.started({ ordinal, run: this.#uid('r'), data, connectedAt: this.now, cutUntil: 0 });
    for (const view of wrong) {
      this.etcd.wrongViews.add(view);
      this.wrongAfterwards.splice(this.wrongAfterwards.indexOf(view), 1);
    }
  }

  /** What an etcd does at its start; undefined: it exits. */
  #start({ ordinal, claim, config }: ModelPod): Data | undefined {
    if (claim.data !== undefined) return this.etcd.isMember(claim.data) ? claim.data : undefined;
    const text = config.data?.[`${this.names.pod(ordinal)}.yaml`];
    if (text === undefined) return undefined;
    const { 'initial-cluster-state': state, 'initial-cluster': cluster } = JSON.parse(text) as Record<string, string>;
    if (state === 'new') return this.etcd.bootstrap(ordinal, claim.uid);
    const peers = (cluster ?? '').split(',').map((part) => this.names.ordinal(part.split('=')[0] ?? '') ?? -1);
    return peers.length < 2 ? undefined : this.etcd.join(ordinal, peers, claim.uid);
  }

  #podObject({ name, ordinal, uid, annotations, restarts, goneAt }: ModelPod): V1Pod {
    const running = this.etcd.processes.has(ordinal);
    const container = { name: 'etcd', image: '', imageID: '', ready: running, restartCount: restarts };
    return {
      metadata: { name, uid, annotations, ...(goneAt === undefined ? {} : { deletionTimestamp: new Date(goneAt) }) },
      status: { containerStatuses: [{ ...container, state: running ? { running: {} } : { waiting: {} } }] },
    };
  }

  #uid(kind: string): string {
    this.#uids += 1;
    return `${kind}${this.#uids}`;
  }
}

function claimObject({ name, uid, terminating }: ModelClaim): V1PersistentVolumeClaim {
  return {
    metadata: { name, uid, ...(terminating ? { deletionTimestamp: new Date(0) } : {}) },
    spec: { resources: { requests: { storage: '10Gi' } } },
    status: { phase: 'Bound', capacity: { storage: '10Gi' } },
  };
}

function remember<T>(states: T[], state: T): void {
  states.push(state);
  if (states.length > kept) states.shift();
}
