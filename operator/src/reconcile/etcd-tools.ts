/** Hands the etcd side what it may do. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Applier } from '../apply/apply.ts';
import type { EtcdTools, Identity, MemberClient } from '../etcd/contract.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { PolledSecrets } from '../kube/polled-secrets.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import type { EventRecorder } from '../status/events.ts';
import type { Turns } from '../upgrade/turns.ts';
import { readEtcdObjects } from './etcd-objects.ts';

/** The client of a member by its pod's address. */
export type MemberAccess = (
  kvstore: KvStore,
  podName: string,
  podIp: string | undefined,
  identity: Identity,
) => MemberClient;

export interface EtcdToolsOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly applier: Applier;
  readonly events: EventRecorder;
  readonly memberAccess: MemberAccess;
  readonly secrets: PolledSecrets;
  readonly turns: Turns;
  /** The time of day. */
  readonly now: () => Date;
  readonly apply: (object: KubernetesObject) => Promise<void>;
}

export function createEtcdTools(kvstore: KvStore, options: EtcdToolsOptions): EtcdTools {
  const { client, caches, applier, events, memberAccess, turns, apply } = options;
  const remove = (apiVersion: string, kind: string, namespace: string, name: string, uid: string): Promise<void> =>
    applier.remove({ apiVersion, kind, metadata: { namespace, name } }, uid);
  return {
    isReadOnly: false,
    apply,
    deletePod: (namespace, name, uid) => remove('v1', 'Pod', namespace, name, uid),
    deleteClaim: (namespace, name, uid) => remove('v1', 'PersistentVolumeClaim', namespace, name, uid),
    async resizeClaim(namespace, name, uid, size) {
      const body = { metadata: { uid }, spec: { resources: { requests: { storage: size } } } };
      const path = pathOf(resources.claims, namespace, name);
      await client.request('PATCH', path, { contentType: 'application/merge-patch+json', body });
    },
    read: () => readEtcdObjects(kvstore, options),
    mayUpgrade: () => turns.take(kvstore),
    event: (type, reason, message) => events.record(kvstore, type, reason, message),
    now: options.now,
    member(podName, identity) {
      const pod = caches.pods.get(kvstore.metadata.namespace, podName);
      return memberAccess(kvstore, podName, pod?.status?.podIP, identity);
    },
  };
}
