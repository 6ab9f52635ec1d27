import { labelKeys, managedBy, selectorLabels } from '../../desired/labels.ts';
import { type NetworkPolicy, namespacePeers } from '../../desired/network-policy.ts';
import { clientPort, type EtcdNames, metricsPort, peerPort } from '../names.ts';

/** From where the members of every etcd are reached, besides its own service. */
export interface EtcdReach {
  /** Undefined: the operator runs outside the cluster, where no label says which pod it is. */
  readonly operatorNamespace?: string | undefined;
  /** Whose pods may read the members' metrics; empty: those of all namespaces. */
  readonly monitoringNamespaces: readonly string[];
}

/**
 * Members talk among themselves; the KvStore's service and the operator, in its own namespace only, are clients: anyone can
 * give a pod the operator's label elsewhere. Metrics hold no values.
 */
export function etcdNetworkPolicy(names: EtcdNames, instance: string, reach: EtcdReach): NetworkPolicy {
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
            ...namespacePeers(reach.operatorNamespace === undefined ? [] : [reach.operatorNamespace]).map(
              (selector) => ({
                ...selector,
                podSelector: { matchLabels: { [labelKeys.name]: managedBy } },
              }),
            ),
          ],
          ports: [port(clientPort)],
        },
        {
          ...(reach.monitoringNamespaces.length === 0 ? {} : { from: namespacePeers(reach.monitoringNamespaces) }),
          ports: [port(metricsPort)],
        },
      ],
    },
  };
}
