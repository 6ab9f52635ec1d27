/**
 * What tools make of a status: kstatus (Flux, kpt, Helm 4; sigs.k8s.io/cli-utils/pkg/kstatus/status/generic.go and
 * core.go) and `kubectl wait` (kubectl/pkg/cmd/wait/condition.go), their rules for resources that they do not know.
 */
import type { KvStore, KvStoreStatus } from '../../src/kvstore.ts';

export type Kstatus = 'InProgress' | 'Failed' | 'Current';

export function kstatusOf({ metadata }: KvStore, { observedGeneration, conditions = [] }: KvStoreStatus): Kstatus {
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress';
  for (const { type, status } of conditions) {
    if (status !== 'True') continue;
    if (type === 'Reconciling') return 'InProgress';
    if (type === 'Stalled') return 'Failed';
  }
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}

/** Whether `kubectl wait --for=condition=<type>` ends. */
export function waitEnds({ metadata }: KvStore, status: KvStoreStatus, type: string): boolean {
  const condition = status.conditions?.find((each) => each.type === type);
  if (condition === undefined) return false;
  const observed = condition.observedGeneration ?? status.observedGeneration;
  return condition.status === 'True' && !(observed !== undefined && observed < metadata.generation);
}
