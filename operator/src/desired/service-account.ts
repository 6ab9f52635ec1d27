import type { V1ServiceAccount } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels } from './labels.ts';

/** An identity without a token: the service never calls the API server. */
export function buildServiceAccount({ metadata: { name, namespace } }: KvStore): V1ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels: objectLabels(name, 'service') },
    automountServiceAccountToken: false,
  };
}
