import type { V1Service } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels, selectorLabels } from './labels.ts';
import { servicePort } from './service-environment.ts';

/** The Service in front of the service's pods: port 8080 inside the cluster. */
export function buildService({ metadata: { name, namespace } }: KvStore): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: objectLabels(name, 'service') },
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(name, 'service'),
      ports: [{ name: 'http', port: servicePort, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}
