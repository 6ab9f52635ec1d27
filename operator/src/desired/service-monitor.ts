import type { KubernetesObject } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { instanceLabels, objectLabels } from './labels.ts';
import { metricsPortOf, serviceHost } from './service-environment.ts';

export interface ServiceMonitor extends KubernetesObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly endpoints: readonly ServiceMonitorEndpoint[];
  };
}

export interface ServiceMonitorEndpoint {
  readonly port: string;
  readonly path: string;
  readonly interval: string;
  readonly scheme?: 'https';
  readonly tlsConfig?: {
    readonly ca: { readonly secret: { readonly name: string; readonly key: string } };
    readonly serverName: string;
  };
  readonly relabelings: readonly { readonly sourceLabels: readonly string[]; readonly targetLabel: string }[];
}

/**
 * Makes the Prometheus operator (monitoring.coreos.com/v1) scrape every replica and every member of etcd: the
 * selector takes both Services, and each endpoint is the one that has its port. Targets get the labels that the
 * dashboards ask for, as in dashboards/scrape.yaml.
 */
export function buildServiceMonitor(kvstore: KvStore): ServiceMonitor {
  const { name, namespace } = kvstore.metadata;
  const hasOwnPort = metricsPortOf(kvstore) !== undefined;
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name, namespace, labels: objectLabels(name, 'service') },
    spec: {
      selector: { matchLabels: instanceLabels(name) },
      // The Service of the service calls its port of metrics as that of etcd does.
      endpoints: [...(hasOwnPort ? [] : [endpoint('http', tlsOf(kvstore))]), endpoint('metrics')],
    },
  };
}

function endpoint(port: string, tls: Partial<ServiceMonitorEndpoint> = {}): ServiceMonitorEndpoint {
  const relabelings = [
    { sourceLabels: ['__meta_kubernetes_pod_label_app_kubernetes_io_instance'], targetLabel: 'kvstore' },
    { sourceLabels: ['__meta_kubernetes_pod_label_app_kubernetes_io_component'], targetLabel: 'component' },
  ];
  return { port, path: '/metrics', interval: '30s', ...tls, relabelings };
}

/** Pods are scraped by their addresses, which no certificate has. */
function tlsOf({ metadata: { name, namespace }, spec: { tls } }: KvStore): Partial<ServiceMonitorEndpoint> {
  if (tls === undefined) return {};
  const ca = { secret: { name: tls.secretName, key: 'ca.crt' } };
  return { scheme: 'https', tlsConfig: { ca, serverName: serviceHost(name, namespace) } };
}
