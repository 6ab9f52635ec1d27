import type { V1Service } from '@kubernetes/client-node';
import { clientPort, type EtcdNames, metricsPort, peerPort } from '../names.ts';

/** Gives each member its address, and Prometheus its metrics. Members need each other's address before any is ready. */
export function etcdHeadlessService(names: EtcdNames): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: names.name, namespace: names.namespace, labels: names.labels },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: names.selector,
      ports: [
        { name: 'client', port: clientPort, targetPort: 'client', protocol: 'TCP' },
        { name: 'peer', port: peerPort, targetPort: 'peer', protocol: 'TCP' },
        { name: 'metrics', port: metricsPort, targetPort: 'metrics', protocol: 'TCP' },
      ],
    },
  };
}
