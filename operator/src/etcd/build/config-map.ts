import type { V1ConfigMap } from '@kubernetes/client-node';
import { type EtcdNames, stateAnnotation } from '../names.ts';
import type { EtcdState } from '../state.ts';
import { memberConfig, type OfKvStore } from './member-config.ts';

/**
 * The members' configuration, one key a pod, and the operator's state.
 * @param resourceVersion of the ConfigMap that the state was read from: an apply over a newer one must fail
 */
export function etcdConfigMap(
  names: EtcdNames,
  state: EtcdState,
  of: OfKvStore,
  resourceVersion: string | undefined,
): V1ConfigMap {
  const data = Object.entries(state.members).map(([ordinal, member]) => [
    `${names.pod(Number(ordinal))}.yaml`,
    memberConfig(names, Number(ordinal), member, state, of),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: names.name,
      namespace: names.namespace,
      labels: names.labels,
      annotations: { [stateAnnotation]: JSON.stringify(state) },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: Object.fromEntries(data),
  };
}
