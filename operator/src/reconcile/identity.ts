import type { V1Deployment } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';

export const identityVariable = 'KV_IDENTITY';

/**
 * What a store calls itself in every answer (KV_IDENTITY). The uid is part of it: a KvStore that is made again under the
 * same name is another store.
 */
export function identityOf({ metadata }: KvStore): string {
  return `${metadata.namespace}/${metadata.name}/${metadata.uid}`;
}

/**
 * Whether the replicas are given their identity. Those that an older operator made are not, until it is their turn to
 * be made anew.
 * @param live the Deployment as the cache shows it; one that is still to be made will have the identity
 */
export function hasIdentity(live: V1Deployment | undefined): boolean {
  const containers = live?.spec?.template.spec?.containers;
  return containers?.some(({ env }) => env?.some(({ name }) => name === identityVariable)) ?? true;
}
