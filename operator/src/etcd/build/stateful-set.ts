import type { V1PodTemplateSpec, V1StatefulSet } from '@kubernetes/client-node';
import type { EtcdSpec } from '../../kvstore.ts';
import { clusterAnnotation, type EtcdNames, nudgeAnnotation } from '../names.ts';
import { type EtcdState, replicasOf } from '../state.ts';

/**
 * The members. The operator restarts them itself (OnDelete), one at a time and gated on etcd's health, which also
 * frees a pod that is stuck on an image that does not exist.
 * @param nudge for its controller to look again; undefined: no pod is missing
 * @param existing the StatefulSet as it is: its volume claim templates cannot change, so they are kept
 */
export function etcdStatefulSet(
  names: EtcdNames,
  etcd: EtcdSpec,
  state: EtcdState,
  template: V1PodTemplateSpec,
  existing: V1StatefulSet | undefined,
  nudge?: string,
): V1StatefulSet {
  const annotations = {
    ...(state.clusterId === undefined ? {} : { [clusterAnnotation]: state.clusterId }),
    ...(nudge === undefined ? {} : { [nudgeAnnotation]: nudge }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: names.name,
      namespace: names.namespace,
      labels: names.labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      serviceName: names.name,
      replicas: replicasOf(state),
      selector: { matchLabels: names.selector },
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: etcd.retentionPolicy, whenScaled: 'Retain' },
      template,
      volumeClaimTemplates: [claimTemplate(names, etcd, existing)],
    },
  };
}

type ClaimTemplate = NonNullable<NonNullable<V1StatefulSet['spec']>['volumeClaimTemplates']>[number];

function claimTemplate(names: EtcdNames, { storage }: EtcdSpec, existing: V1StatefulSet | undefined): ClaimTemplate {
  const kept = existing?.spec?.volumeClaimTemplates?.[0];
  const className = kept === undefined ? storage.className : kept.spec?.storageClassName;
  return {
    metadata: { name: 'data', labels: kept?.metadata?.labels ?? names.selector },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: kept?.spec?.resources?.requests?.storage ?? storage.size } },
      ...(className === undefined ? {} : { storageClassName: className }),
    },
  };
}
