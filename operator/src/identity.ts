import type { KvStore } from './kvstore.ts';

/**
 * What a store calls itself in every answer (KV_IDENTITY). The uid is part of it: a KvStore that is made again under the
 * same name is another store.
 */
export function identityOf({ metadata }: KvStore): string {
  return `${metadata.namespace}/${metadata.name}/${metadata.uid}`;
}
