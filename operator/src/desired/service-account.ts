import type { V1ServiceAccount } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { type OwnNames, objectLabels } from './labels.ts';

/** An identity without a token: the service never calls the API server. */
export function buildServiceAccount(
  { metadata: { name, namespace } }: KvStore,
  { serviceAccount }: OwnNames,
): V1ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: serviceAccount, namespace, labels: objectLabels(name, 'service') },
    automountServiceAccountToken: false,
  };
}
