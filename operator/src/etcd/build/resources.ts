/** What a member of etcd may take of its node. */
import type { V1ResourceRequirements } from '@kubernetes/client-node';
import type { KvStore } from '../../kvstore.ts';
import { bytesOf } from '../quantity.ts';

export function resourcesOf(spec: KvStore['spec']): V1ResourceRequirements {
  return spec.etcd?.resources ?? { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '2', memory: '2Gi' } };
}

/** Bytes of memory that a member may have; undefined: there is no limit. */
export function memoryLimit(spec: KvStore['spec']): number | undefined {
  const bytes = bytesOf(resourcesOf(spec).limits?.memory ?? '0');
  // To Kubernetes, a limit of 0 is none.
  return bytes === 0 ? undefined : bytes;
}
