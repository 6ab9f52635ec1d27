/** The state of an etcd whose ConfigMap does not exist. */
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { EtcdObjects } from './contract.ts';
import { clusterAnnotation, type EtcdNames } from './names.ts';
import { bytesOf } from './quantity.ts';
import type { EtcdState, MemberState } from './state.ts';

/**
 * A cluster that never formed gets one seed, ordinal 0, from which it grows. Only claim 0 may exist then: a cluster is
 * recorded before it grows. Anything else is a cluster that comes back (retained volumes, or a ConfigMap deleted by
 * hand): every gate is closed, members that have data start, and their member list has the rest.
 * @param size of the volumes, bytes, as the KvStore asks for it
 */
export function initialState(names: EtcdNames, objects: EtcdObjects, size: number): EtcdState {
  const claims = new Map<number, V1PersistentVolumeClaim>();
  for (const claim of objects.claims) {
    const ordinal = names.ordinal(claim.metadata?.name ?? '');
    if (ordinal !== undefined) claims.set(ordinal, claim);
  }
  const formed = objects.statefulSet?.metadata?.annotations?.[clusterAnnotation] !== undefined;
  const fresh = !formed && [...claims.keys()].every((ordinal) => ordinal === 0);
  const last = Math.max(0, ...claims.keys());
  const members: Record<string, MemberState> = {};
  for (let ordinal = 0; ordinal <= last; ordinal++) {
    const claim = claims.get(ordinal)?.metadata?.uid ?? '';
    members[ordinal] = fresh ? { gate: 'seed' } : { gate: 'closed', claim };
  }
  const capacities = [...claims.values()].flatMap((claim) => claim.status?.capacity?.storage ?? []).map(bytesOf);
  return { volumeBytes: Math.min(size, ...capacities), members };
}
