import type { KubernetesObject } from '@kubernetes/client-node';
import { labelKeys, managedBy, selectorLabels } from '../../desired/labels.ts';
import { clientPort, type EtcdNames, metricsPort, peerPort } from '../names.ts';

/** client-node's own type renames `from`, which the API server's JSON has. */
export interface EtcdNetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: object;
    readonly policyTypes: readonly string[];
    readonly ingress: readonly { readonly from?: readonly object[]; readonly ports: readonly object[] }[];
  };
}

/**
 * Members talk among themselves; the KvStore's service and the operator, in whatever namespace it runs, are clients.
 * Metrics, which hold no values, are open to the cluster's Prometheus.
 */
export function etcdNetworkPolicy(names: EtcdNames, instance: string): EtcdNetworkPolicy {
  const port = (number: number) => ({ port: number, protocol: 'TCP' });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: names.name, namespace: names.namespace, labels: names.labels },
    spec: {
      podSelector: { matchLabels: names.selector },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: names.selector } }],
          ports: [port(peerPort), port(clientPort)],
        },
        {
          from: [
            { podSelector: { matchLabels: selectorLabels(instance, 'service') } },
            { namespaceSelector: {}, podSelector: { matchLabels: { [labelKeys.name]: managedBy } } },
          ],
          ports: [port(clientPort)],
        },
        { ports: [port(metricsPort)] },
      ],
    },
  };
}
