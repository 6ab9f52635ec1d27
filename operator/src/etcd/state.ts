/**
 * What the operator must remember about a KvStore's etcd between reconciles, kept in an annotation of the ConfigMap.
 * Everything else is observed afresh. The members' configuration is rendered from it.
 */
import type { V1ConfigMap } from '@kubernetes/client-node';
import { stateAnnotation } from './names.ts';

/**
 * What an empty data directory may do:
 * `closed` nothing (etcd exits); `seed` bootstrap a new cluster; `join` join as the learner that was added for it.
 * A data directory that holds a member starts as that member whatever the gate.
 */
export type Gate = 'closed' | 'seed' | 'join';

export interface MemberState {
  readonly gate: Gate;
  /** The member's id, once it has one. */
  readonly id?: string;
  /** UID of the claim that holds the member's data; `''`: there was none when the state was made. */
  readonly claim?: string;
  /** Of a `join` gate: etcd's initial-cluster, all members with the new one. */
  readonly initialCluster?: string;
  /** UIDs of pods that are not to be judged by: one that was there when the gate opened, and those restarted since. */
  readonly stalePods?: readonly string[];
}

/** A restart that the operator made, until the member is back. */
export interface Restarting {
  readonly ordinal: number;
  /** UID of the pod that goes. */
  readonly pod: string;
  /** RFC 3339. */
  readonly since: string;
}

/** A change of membership that every member refuses. */
export interface Refused {
  /** Which change: see plan/refusals.ts. */
  readonly what: string;
  /** Since when, or since the last restart that was to help. RFC 3339. */
  readonly since: string;
  /** Ids of the members that were restarted for it. */
  readonly restarted: readonly string[];
}

export interface EtcdState {
  /** The id of the cluster, once it has been seen. From then on nothing bootstraps. */
  readonly clusterId?: string;
  /** The lowest version of the members when all were last ready: what an upgrade starts from. */
  readonly version?: string;
  /** The volumes' size that the quota is computed from; it only grows. */
  readonly volumeBytes: number;
  /** By ordinal. The StatefulSet has as many replicas as the highest ordinal needs. */
  readonly members: Readonly<Record<string, MemberState>>;
  readonly restarting?: Restarting;
  readonly refused?: Refused;
  /** While a NOSPACE alarm is dealt with: the revision up to which history is compacted. */
  readonly reclaimRevision?: number;
  /** Ids of the members that were defragmented since, though they did not look fragmented. */
  readonly defragmented?: readonly string[];
}

/**
 * The state that the ConfigMap holds, undefined when there is no ConfigMap or no state in it.
 * @throws when it cannot be parsed: nothing can safely be done then
 */
export function readState(configMap: V1ConfigMap | undefined): EtcdState | undefined {
  const text = configMap?.metadata?.annotations?.[stateAnnotation];
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (!isState(value)) throw new Error(`the annotation ${stateAnnotation} of the ConfigMap holds no state`);
  return value;
}

export function replicasOf(state: EtcdState): number {
  return Math.max(...Object.keys(state.members).map(Number), 0) + 1;
}

export function withMember(state: EtcdState, ordinal: number, member: MemberState): EtcdState {
  return { ...state, members: { ...state.members, [ordinal]: member } };
}

function isState(value: unknown): value is EtcdState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'volumeBytes' in value &&
    typeof value.volumeBytes === 'number' &&
    'members' in value &&
    typeof value.members === 'object' &&
    value.members !== null
  );
}
