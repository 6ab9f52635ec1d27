import { labelKeys, managedBy, selectorLabels } from '../../desired/labels.ts';
import type { NetworkPolicy } from '../../desired/network-policy.ts';
import { clientPort, type EtcdNames, metricsPort, peerPort } from '../names.ts';

/**
 * Members talk among themselves; the KvStore's service and the operator, in whatever namespace it runs, are clients.
 * Metrics, which hold no values, are open to the cluster's Prometheus.
 */
export function etcdNetworkPolicy(names: EtcdNames, instance: string): NetworkPolicy {
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
