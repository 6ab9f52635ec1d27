import type { V1NetworkPolicy } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels, selectorLabels } from './labels.ts';
import { servicePort } from './service-environment.ts';

/** Anybody may speak HTTP to the service, nobody anything else. */
export function buildNetworkPolicy({ metadata: { name, namespace } }: KvStore): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: objectLabels(name, 'service') },
    spec: {
      podSelector: { matchLabels: selectorLabels(name, 'service') },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ protocol: 'TCP', port: servicePort }] }],
    },
  };
}
