import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels, selectorLabels } from './labels.ts';

/**
 * Lets a node's drain take one replica at a time; none for one replica or fewer, where it could only block the drain
 * for ever. Replicas that are not ready may always be evicted.
 */
export function buildDisruptionBudget({ metadata, spec }: KvStore): V1PodDisruptionBudget | undefined {
  if (spec.replicas <= 1) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: objectLabels(metadata.name, 'service') },
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorLabels(metadata.name, 'service') },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
