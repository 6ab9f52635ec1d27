/** What the replicas of a KvStore need to read by lease (docs/adr/0290): a way to each other, and the word that they may. */
import type { V1EnvVar } from '@kubernetes/client-node';
import type { KvStoreSpec } from '../kvstore.ts';

export type FreshReads = KvStoreSpec['freshReads'];

/** Where a replica that reads by lease is reached by the others, and by nothing else. */
export const peersPort = 9443;

export const freshReadsVariable = 'KV_FRESH_READS';

/**
 * On the pod template and so on each pod: the image that the operator asked for. What the pod runs may have another name: a
 * webhook of the cluster may put the address of a mirror in its place.
 */
export const imageAnnotation = 'kvstore.dev/service-image';

/** Variables that the operator sets for it; a KvStore's own env may not name them. */
export const freshReadsVariables = [freshReadsVariable, 'KV_PEER_PORT', 'KV_PEER_ADDRESS'] as const;

/**
 * The same in both modes but for the mode, which is always said: what the image takes as its default may change.
 * @param mode the one that holds now, which may be another than the spec asks for (upgrade/reads-by-lease.ts)
 */
export function freshReadsEnvironment(mode: FreshReads): V1EnvVar[] {
  return [
    { name: freshReadsVariable, value: mode },
    { name: 'KV_PEER_PORT', value: String(peersPort) },
    { name: 'KV_PEER_ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ];
}
