import type { KubernetesObject } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels, selectorLabels } from './labels.ts';

export interface ServiceMonitor extends KubernetesObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly endpoints: readonly { readonly port: string; readonly path: string; readonly interval: string }[];
  };
}

/** Tells the Prometheus operator (monitoring.coreos.com/v1) to scrape every replica. */
export function buildServiceMonitor({ metadata: { name, namespace } }: KvStore): ServiceMonitor {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name, namespace, labels: objectLabels(name, 'service') },
    spec: {
      selector: { matchLabels: selectorLabels(name, 'service') },
      endpoints: [{ port: 'http', path: '/metrics', interval: '30s' }],
    },
  };
}
