/** KvStores for tests of the etcd side. */
import type { EtcdSpec, KvStore } from '../../src/kvstore.ts';

export function kvstoreWith(etcd: Partial<EtcdSpec> = {}, uid = 'f3b2c1d0-0000-4000-8000-000000000001'): KvStore {
  return {
    apiVersion: 'kvstore.dev/v1alpha1',
    kind: 'KvStore',
    metadata: { name: 'shop', namespace: 'team', uid, generation: 1, resourceVersion: '1' },
    spec: {
      replicas: 3,
      ingress: { enabled: false, className: 'traefik', pages: false },
      etcd: { members: 3, storage: { size: '10Gi' }, retentionPolicy: 'Retain', ...etcd },
      freshReads: 'barrier',
      paused: false,
      monitoring: { enabled: false },
    },
  };
}
