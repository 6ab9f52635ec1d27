/** What the reconcile loop hands to the etcd side, and what it gets back. */
import type {
  KubernetesObject,
  V1ConfigMap,
  V1Job,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { Identity } from '@kvstore/etcd/tls.ts';
import type { KvStore } from '../kvstore.ts';
import type { Access, AccessChange } from './access/access.ts';
import type { EtcdReach } from './build/network-policy.ts';

export type { Identity };

/** The objects of one KvStore's etcd, as the caches show them or as they were read. Never modify them. */
export interface EtcdObjects {
  readonly statefulSet?: V1StatefulSet;
  readonly configMap?: V1ConfigMap;
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Of images before members restart with them: see trial.ts. */
  readonly trials: { readonly jobs: readonly V1Job[]; readonly pods: readonly V1Pod[] };
  /** Those that hold certificates, as they were read in the last minute. All of them belong to the KvStore. */
  readonly secrets: readonly V1Secret[];
}

/** What the etcd side may do to the cluster. Each throws on failure; the caller retries with backoff. */
export interface EtcdTools {
  /** True: nothing comes of what changes something, as while spec.paused is true. */
  readonly isReadOnly: boolean;
  /**
   * Server-side apply with the operator's field manager and the KvStore as owner, after the owner check. Called for every
   * object on every reconcile: it skips what is as wanted. An object with a resourceVersion is applied only over that
   * version and throws on a conflict. Objects of earlier reconciles that are no longer applied are to be pruned.
   */
  apply(object: KubernetesObject): Promise<void>;
  /** Deletes exactly this pod; one that is gone or has been replaced is no error. The same for claims. */
  deletePod(namespace: string, name: string, uid: string): Promise<void>;
  deleteClaim(namespace: string, name: string, uid: string): Promise<void>;
  /**
   * Raises what a claim requests (a merge patch of spec.resources.requests.storage with metadata.uid as precondition).
   * Throws what the API server says when the class of the volume does not allow it.
   */
  resizeClaim(namespace: string, name: string, uid: string, size: string): Promise<void>;
  /**
   * The objects of the etcd as the API server has them now. The caches only show that there may be something to do;
   * they may be late, so whatever cannot be undone is decided from these.
   */
  read(): Promise<EtcdObjects>;
  /** Whether pods may be made anew now because the operator makes them from something else than it did: see Turns. */
  mayUpgrade(): boolean;
  /** An Event on the KvStore. */
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** The client of one member: its pod's stable address, https://<pod>.<service>.<namespace>.svc:2379 by default. */
  member(podName: string, identity: Identity): MemberClient;
  /** The time of day. */
  now(): Date;
}

/** The tools of what follows once the certificates are there: members are reached with the operator's own. */
export interface MemberTools extends Omit<EtcdTools, 'member'> {
  member(podName: string): MemberClient;
}

export interface EtcdDefaults {
  /** Image of a KvStore that names none. */
  readonly image: string;
  /** How long each phase of the replacement of a certificate authority lasts at least. */
  readonly authorityPhaseMs: number;
  /** Default: no operator inside the cluster, metrics for all namespaces. */
  readonly reach?: EtcdReach;
}

export interface EtcdOutcome {
  /** Members that answered as healthy voters. */
  readonly readyMembers: number;
  readonly members: number;
  /** Lowest version among the members, when known. */
  readonly version?: string;
  /** True: all members ready, nothing left to do. */
  readonly settled: boolean;
  /** Why it is not settled, or what is wrong; the reconcile loop turns it into Progressing or Degraded. */
  readonly reason: string;
  readonly message: string;
  readonly degraded: boolean;
  /** How many members raise each alarm. */
  readonly alarms?: Readonly<Record<Alarm, number>>;
  /** When each certificate ends, by its name; Unix seconds. */
  readonly certificateExpiry?: Readonly<Record<string, number>>;
  /** Milliseconds after which to look again, when waiting for something that no watch reports. */
  readonly requeueAfterMs?: number;
}

/** One reconcile of a KvStore's etcd: at most one disruptive action. */
export type ReconcileEtcd = (
  kvstore: KvStore,
  objects: EtcdObjects,
  tools: EtcdTools,
  defaults: EtcdDefaults,
) => Promise<EtcdOutcome>;

export interface Member {
  /** Decimal. */
  readonly id: string;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export const alarms = ['NOSPACE', 'CORRUPT'] as const;
export type Alarm = (typeof alarms)[number];

export interface MemberStatus {
  readonly clusterId: string;
  readonly memberId: string;
  readonly leaderId: string;
  readonly version: string;
  readonly isLearner: boolean;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly dbSizeQuota: number;
  readonly revision: number;
  readonly alarms: readonly Alarm[];
}

/** Calls of one member. Each has a deadline and throws when it passes; a call that changes something may have succeeded. */
export interface MemberClient {
  /** GET /readyz of the member. */
  ready(): Promise<boolean>;
  status(): Promise<MemberStatus>;
  /** Linearizable: needs quorum. */
  memberList(): Promise<readonly Member[]>;
  memberAdd(peerURL: string, learner: boolean): Promise<Member>;
  memberPromote(id: string): Promise<void>;
  memberRemove(id: string): Promise<void>;
  moveLeader(targetId: string): Promise<void>;
  compact(revision: number): Promise<void>;
  defragment(): Promise<void>;
  disarm(alarm: 'NOSPACE', memberId: string): Promise<void>;
  /** The etcd's users and roles. Needs quorum, as changes of them do. */
  access(): Promise<Access>;
  changeAccess(change: AccessChange): Promise<void>;
}
