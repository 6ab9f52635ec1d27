import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { EtcdNames } from '../names.ts';

/**
 * At most one member is evicted at a time. A single member has none: nothing may keep its node from being drained. No
 * unhealthyPodEvictionPolicy: with the default, a member that is not ready is evicted only while the others are, which
 * keeps the quorum; AlwaysAllow would evict a member that is just joining or catching up.
 */
export function etcdDisruptionBudget(names: EtcdNames, members: number): V1PodDisruptionBudget | undefined {
  if (members < 2) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: names.name, namespace: names.namespace, labels: names.labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: names.selector } },
  };
}
