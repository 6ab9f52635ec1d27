import type { KvStore, KvStoreSpec, KvStoreStatus } from '../../src/kvstore.ts';

/** A KvStore as the API server hands it out, with its defaults. */
export function kvStore(spec: Partial<KvStoreSpec> = {}, status?: KvStoreStatus): KvStore {
  const etcd = { members: 3, storage: { size: '8Gi' }, retentionPolicy: 'Retain' } as const;
  return {
    apiVersion: 'kvstore.dev/v1alpha1',
    kind: 'KvStore',
    metadata: { name: 'shop', namespace: 'web', uid: 'uid', generation: 7, resourceVersion: '1' },
    spec: {
      replicas: 3,
      freshReads: 'barrier',
      paused: false,
      ingress: { enabled: true, className: 'traefik', pages: false },
      monitoring: { enabled: false },
      ...(spec.externalEtcd === undefined ? { etcd } : {}),
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}
