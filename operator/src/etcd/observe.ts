/** What is there: pods and claims as the objects show them, members as they answer. */
import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import { troubleOf } from '../trouble/pod-trouble.ts';
import type { Access } from './access/access.ts';
import type { EtcdObjects, Member, MemberStatus, MemberTools } from './contract.ts';
import { type EtcdNames, restartedAnnotation, templateAnnotation } from './names.ts';
import { bytesOf } from './quantity.ts';

export interface PodSeen {
  readonly name: string;
  readonly uid: string;
  readonly terminating: boolean;
  /** Its container runs now. */
  readonly running: boolean;
  readonly restarts: number;
  /** Why it does not start, when something has to change for it. */
  readonly trouble?: string;
  readonly template: string | undefined;
  /** What `kubectl rollout restart` had set when the pod was made. */
  readonly restartedAt?: string;
}

export interface ClaimSeen {
  readonly name: string;
  readonly uid: string;
  readonly terminating: boolean;
  readonly requestBytes: number;
  /** Undefined until the claim is bound. */
  readonly capacityBytes: number | undefined;
}

/** One ordinal. */
export interface Seat {
  readonly ordinal: number;
  readonly pod?: PodSeen;
  readonly claim?: ClaimSeen;
  /** The member answers /readyz with yes: it serves linearizable reads. */
  readonly ready: boolean;
  /** Undefined when the member does not answer. */
  readonly status?: MemberStatus;
}

export interface Observation {
  /** By ordinal, ascending: every ordinal that has a pod or a claim. */
  readonly seats: readonly Seat[];
  /** Undefined when no member could tell: no quorum. */
  readonly list?: readonly Member[];
  /** The pod that answered, the leader's if it did: calls go through it. */
  readonly via?: string;
  /** Users and roles, as that pod has them. */
  readonly access?: Access;
  /** Why they could not be read. */
  readonly refusal?: string;
}

export async function observe(names: EtcdNames, objects: EtcdObjects, tools: MemberTools): Promise<Observation> {
  const pods = byOrdinal(names, objects.pods);
  const claims = byOrdinal(names, objects.claims);
  const ordinals = [...new Set([...pods.keys(), ...claims.keys()])].sort((a, b) => a - b);
  const seats = await Promise.all(
    ordinals.map((ordinal) => observeSeat(ordinal, pods.get(ordinal), claims.get(ordinal), tools)),
  );
  const told = await firstMemberList(seats, tools);
  return { seats, ...told, ...(told.via === undefined ? {} : await accessVia(told.via, tools)) };
}

async function accessVia(via: string, tools: MemberTools): Promise<Pick<Observation, 'access' | 'refusal'>> {
  try {
    return { access: await tools.member(via).access() };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}

function byOrdinal<T extends V1Pod | V1PersistentVolumeClaim>(names: EtcdNames, items: readonly T[]): Map<number, T> {
  const found = new Map<number, T>();
  for (const item of items) {
    const ordinal = names.ordinal(item.metadata?.name ?? '');
    if (ordinal !== undefined) found.set(ordinal, item);
  }
  return found;
}

async function observeSeat(
  ordinal: number,
  pod: V1Pod | undefined,
  claim: V1PersistentVolumeClaim | undefined,
  tools: MemberTools,
): Promise<Seat> {
  const seat = {
    ordinal,
    ...(pod === undefined ? {} : { pod: podSeen(pod, tools.now()) }),
    ...(claim === undefined ? {} : { claim: claimSeen(claim) }),
  };
  if (seat.pod?.running !== true) return { ...seat, ready: false };
  const member = tools.member(seat.pod.name);
  // A member that does not answer is an observation, not a failure of the reconcile.
  const [ready, status] = await Promise.all([
    member.ready().catch(() => false),
    member.status().catch(() => undefined),
  ]);
  return { ...seat, ready, ...(status === undefined ? {} : { status }) };
}

async function firstMemberList(seats: readonly Seat[], tools: MemberTools): Promise<Pick<Observation, 'list' | 'via'>> {
  const leads = ({ status }: Seat): number => (status !== undefined && status.leaderId === status.memberId ? 0 : 1);
  for (const { pod, ready, status } of seats.toSorted((a, b) => leads(a) - leads(b))) {
    if (pod === undefined || pod.terminating || !ready || status === undefined || status.isLearner) continue;
    const list = await tools
      .member(pod.name)
      .memberList()
      .catch(() => undefined);
    if (list !== undefined) return { list, via: pod.name };
  }
  return {};
}

/** A member may exit once or twice at its start, while its name is not known everywhere. */
const fewRestarts = 3;

/** What the kubelet or the scheduler says that does not pass by itself. */
export function lastingTrouble(pod: V1Pod, now: Date): string | undefined {
  const trouble = troubleOf(pod, now);
  if (trouble?.isExplained !== true) return undefined;
  const restarts = pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
  return trouble.reason === 'CrashLoopBackOff' && restarts < fewRestarts ? undefined : trouble.message;
}

function podSeen(pod: V1Pod, now: Date): PodSeen {
  const container = pod.status?.containerStatuses?.find(({ name }) => name === 'etcd');
  const trouble = lastingTrouble(pod, now);
  const { annotations } = pod.metadata ?? {};
  const restartedAt = annotations?.[restartedAnnotation];
  return {
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    terminating: pod.metadata?.deletionTimestamp !== undefined,
    running: container?.state?.running !== undefined,
    restarts: container?.restartCount ?? 0,
    ...(trouble === undefined ? {} : { trouble }),
    template: annotations?.[templateAnnotation],
    ...(restartedAt === undefined ? {} : { restartedAt }),
  };
}

function claimSeen(claim: V1PersistentVolumeClaim): ClaimSeen {
  const capacity = claim.status?.capacity?.storage;
  return {
    name: claim.metadata?.name ?? '',
    uid: claim.metadata?.uid ?? '',
    terminating: claim.metadata?.deletionTimestamp !== undefined,
    requestBytes: bytesOf(claim.spec?.resources?.requests?.storage ?? '0'),
    capacityBytes: capacity === undefined ? undefined : bytesOf(capacity),
  };
}
