/** What the parts of one KvStore's etcd are called: objects, pods, volumes and addresses. */
import { objectLabels, selectorLabels } from '../desired/labels.ts';
import type { KvStore, KvStoreMetadata } from '../kvstore.ts';

export const clientPort = 2379;
export const peerPort = 2380;
/** Plain HTTP, for probes and metrics only; the other two speak TLS and ask for a certificate. */
export const metricsPort = 2381;

/** On the ConfigMap: the operator's own record of the members, see state.ts. */
export const stateAnnotation = 'kvstore.dev/etcd-state';
/** On the StatefulSet: the id of the cluster it runs, once known. */
export const clusterAnnotation = 'kvstore.dev/etcd-cluster-id';
/** On the pod template: what the pod was made from; a pod with another value is restarted. */
export const templateAnnotation = 'kvstore.dev/etcd-template';

/** On the pod template: the part of it that only the operator's own version and the KvStore decide. */
export const shapeAnnotation = 'kvstore.dev/etcd-shape';
/** On the pod template: when `kubectl rollout restart` was last called, as kubectl sets it. */
export const restartedAnnotation = 'kubectl.kubernetes.io/restartedAt';

export interface EtcdNames {
  readonly namespace: string;
  /** Of the StatefulSet, the headless Service, the ConfigMap, the PodDisruptionBudget and the NetworkPolicy. */
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly selector: Record<string, string>;
  /** Every key of the service in etcd begins with it; ASCII. */
  readonly keyPrefix: string;
  pod(ordinal: number): string;
  claim(ordinal: number): string;
  peerURL(ordinal: number): string;
  clientURL(ordinal: number): string;
  /** The ordinal in `<name>-<ordinal>` (a pod) or `data-<name>-<ordinal>` (a claim), undefined for any other name. */
  ordinal(objectName: string): number | undefined;
}

export function etcdNames(kvstore: { readonly metadata: Pick<KvStoreMetadata, 'name' | 'namespace'> }): EtcdNames {
  const { name: instance, namespace } = kvstore.metadata;
  const name = `${instance}-etcd`;
  const pod = (ordinal: number) => `${name}-${ordinal}`;
  const url = (ordinal: number, port: number) => `https://${pod(ordinal)}.${name}.${namespace}.svc:${port}`;
  return {
    namespace,
    name,
    labels: objectLabels(instance, 'etcd'),
    selector: selectorLabels(instance, 'etcd'),
    keyPrefix: `/kvstore/${namespace}/${instance}/`,
    pod,
    claim: (ordinal) => `data-${pod(ordinal)}`,
    peerURL: (ordinal) => url(ordinal, peerPort),
    clientURL: (ordinal) => url(ordinal, clientPort),
    ordinal: (objectName) => {
      const bare = objectName.startsWith('data-') ? objectName.slice('data-'.length) : objectName;
      const digits = bare.startsWith(`${name}-`) ? bare.slice(name.length + 1) : '';
      return /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : undefined;
    },
  };
}

/** The client URLs of the members a KvStore asks for, for KV_ETCD_ENDPOINTS. */
export function clientEndpoints(kvstore: KvStore): string[] {
  const names = etcdNames(kvstore);
  return Array.from({ length: kvstore.spec.etcd?.members ?? 0 }, (_, ordinal) => names.clientURL(ordinal));
}
