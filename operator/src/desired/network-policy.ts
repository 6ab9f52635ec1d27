import type { KubernetesObject, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { defaultNames, objectLabels, selectorLabels } from './labels.ts';
import { servicePort } from './service-environment.ts';

/** client-node's own type renames `from`, which the API server's JSON has. */
export interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: object;
    readonly policyTypes: readonly string[];
    readonly ingress: readonly { readonly from?: readonly V1NetworkPolicyPeer[]; readonly ports: readonly object[] }[];
  };
}

/**
 * The clients that the KvStore names, and its own replicas, backups and restores, reach the service by HTTP; all clients
 * do when it names none. No other port is open. What the Ingress controller and Prometheus are called differs between
 * clusters, so neither is guessed.
 */
export function buildNetworkPolicy(
  { metadata: { name, namespace }, spec: { clients } }: KvStore,
  { networkPolicy } = defaultNames(name),
): NetworkPolicy {
  const jobs = (['backup', 'restore', 'service'] as const).map((component) => ({
    podSelector: { matchLabels: selectorLabels(name, component) },
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: networkPolicy, namespace, labels: objectLabels(name, 'service') },
    spec: {
      podSelector: { matchLabels: selectorLabels(name, 'service') },
      policyTypes: ['Ingress'],
      ingress: [
        {
          ...(clients === undefined ? {} : { from: [...clients, ...jobs] }),
          ports: [{ protocol: 'TCP', port: servicePort }],
        },
      ],
    },
  };
}
