import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels, selectorLabels } from './labels.ts';
import { servicePorts } from './service-environment.ts';

/** Makes Traefik send to the Service's own address, and not to its endpoints. */
export const nativeAnnotation = 'traefik.ingress.kubernetes.io/service.nativelb';

/**
 * The Service in front of the service's pods: port 8080 inside the cluster.
 * @param live the Deployment as the cache shows it
 */
export function buildService(kvstore: KvStore, live?: V1Deployment): V1Service {
  const { name, namespace } = kvstore.metadata;
  const annotations = {
    ...(keepsRoute(kvstore, live) ? { [nativeAnnotation]: 'true' } : {}),
    ...traefikTls(kvstore),
  };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...{ name, namespace, labels: objectLabels(name, 'service') },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(name, 'service'),
      ports: servicePorts(kvstore).map(({ name, port }) => ({ name, port, targetPort: name, protocol: 'TCP' })),
    },
  };
}

/**
 * Traefik drops the route of a host whose Service has no endpoints, and a store for every host answers in its place.
 * While there is a replica the endpoints are better: a replica that is not ready loses its connections with them
 * (docs/adr/0220).
 */
function keepsRoute({ spec }: KvStore, live: V1Deployment | undefined): boolean {
  return spec.ingress.enabled && spec.ingress.host !== undefined && (live?.status?.availableReplicas ?? 0) === 0;
}

/** Traefik speaks plain http to a Service that does not say otherwise. */
function traefikTls({ spec: { tls } }: KvStore): Record<string, string> {
  if (tls === undefined) return {};
  const { serversTransport } = tls;
  return {
    'traefik.ingress.kubernetes.io/service.serversscheme': 'https',
    ...(serversTransport === undefined
      ? {}
      : { 'traefik.ingress.kubernetes.io/service.serverstransport': serversTransport }),
  };
}
