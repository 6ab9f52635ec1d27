import type { KubernetesObject, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { peersPort } from './fresh-reads.ts';
import { type Component, defaultNames, objectLabels, selectorLabels } from './labels.ts';
import { metricsPortOf, servicePort } from './service-environment.ts';

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
 * do when it names none. What the Ingress controller and Prometheus are called differs between clusters, so neither is
 * guessed. Replicas reach each other where those that read by lease listen, and nothing else does; also while none may, since
 * the pods of before a change read by lease until they have ended. No other port is open. Metrics with a port of their own
 * are for the namespaces that monitor; when the operator has none, for the clients that the KvStore names.
 */
export function buildNetworkPolicy(
  kvstore: KvStore,
  { networkPolicy } = defaultNames(kvstore.metadata.name),
  monitoringNamespaces: readonly string[] = [],
): NetworkPolicy {
  const { name, namespace } = kvstore.metadata;
  const { clients } = kvstore.spec;
  const metricsPort = metricsPortOf(kvstore);
  const podsOf = (component: Component) => ({ podSelector: { matchLabels: selectorLabels(name, component) } });
  const jobs = (['backup', 'restore', 'service'] as const).map(podsOf);
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
        { from: [podsOf('service')], ports: [{ protocol: 'TCP', port: peersPort }] },
        ...(metricsPort === undefined
          ? []
          : [{ ...scrapers(clients, monitoringNamespaces), ports: [{ protocol: 'TCP', port: metricsPort }] }]),
      ],
    },
  };
}

function scrapers(
  clients: readonly V1NetworkPolicyPeer[] | undefined,
  monitoringNamespaces: readonly string[],
): { from?: V1NetworkPolicyPeer[] } {
  if (monitoringNamespaces.length > 0) return { from: namespacePeers(monitoringNamespaces) };
  return clients === undefined ? {} : { from: [...clients] };
}

/** By the label that the API server gives each namespace, and that nothing else can have. */
export function namespacePeers(
  names: readonly string[],
): { namespaceSelector: { matchLabels: Record<string, string> } }[] {
  return names.map((name) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } }));
}
