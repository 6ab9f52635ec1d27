/**
 * The KvStore resource (kvstores.kvstore.dev/v1alpha1) as the API server hands it out: defaults filled in.
 * config/crd holds the same shape as a schema.
 */
import type {
  V1Affinity,
  V1EnvVar,
  V1NetworkPolicyPeer,
  V1ResourceRequirements,
  V1Toleration,
} from '@kubernetes/client-node';
import type { Condition } from './status/conditions.ts';

export const group = 'kvstore.dev';
export const version = 'v1alpha1';
export const kind = 'KvStore';
export const plural = 'kvstores';

export interface KvStore {
  readonly apiVersion: `${typeof group}/${typeof version}`;
  readonly kind: typeof kind;
  readonly metadata: KvStoreMetadata;
  readonly spec: KvStoreSpec;
  readonly status?: KvStoreStatus;
}

export interface KvStoreMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface KvStoreSpec {
  /** Service replicas, 0 or more. Default 3. */
  readonly replicas: number;
  /** Service image. Default: the operator's own default (KVSTORE_SERVICE_IMAGE). */
  readonly image?: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly resources?: V1ResourceRequirements;
  /** Extra environment of the service container; names the operator sets itself are refused by validation. */
  readonly env?: readonly V1EnvVar[];
  readonly ingress: IngressSpec;
  /** Who may reach the API, as in a NetworkPolicy. Undefined: everybody. */
  readonly clients?: readonly V1NetworkPolicyPeer[];
  /** The etcd that the operator runs. Excludes externalEtcd. */
  readonly etcd?: EtcdSpec;
  /** An etcd that somebody else runs. Excludes etcd. */
  readonly externalEtcd?: ExternalEtcdSpec;
  /** Exports into a volume, on a schedule. */
  readonly backup?: BackupSpec;
  /** What a new KvStore begins with. Nothing comes of it once that is done. */
  readonly restoreFrom?: RestoreSpec;
  /** Who may use the API. Default: anybody who reaches it. */
  readonly auth?: AuthSpec;
  /** The API speaks https. Default: plain http. */
  readonly tls?: TlsSpec;
  /** How a replica makes sure that a read is fresh. `lease`: by leases that replicas keep among themselves. Default barrier. */
  readonly freshReads: 'barrier' | 'lease';
  /** True: the operator leaves everything as it is, and says so in a condition. Default false. */
  readonly paused: boolean;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly V1Toleration[];
  readonly affinity?: V1Affinity;
  readonly monitoring: { readonly enabled: boolean };
}

export interface IngressSpec {
  readonly enabled: boolean;
  readonly host?: string;
  /** Default traefik. */
  readonly className: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tls?: { readonly secretName: string };
  /** Whether the console (/ui) and the API's page (/docs) are opened as well. Default false. */
  readonly pages: boolean;
}

export interface EtcdSpec {
  /** 1, 3 or 5. Default 3. */
  readonly members: 1 | 3 | 5;
  /** Default: the operator's own default (KVSTORE_ETCD_IMAGE). 3.6.14 or newer. */
  readonly image?: string;
  readonly storage: { readonly size: string; readonly className?: string };
  readonly resources?: V1ResourceRequirements;
  /** What becomes of the volumes when the KvStore is deleted. Default Retain. */
  readonly retentionPolicy: 'Retain' | 'Delete';
}

export interface ExternalEtcdSpec {
  readonly endpoints: readonly string[];
  /** Every key lives below it. Default /kvstore/<namespace>/<name>/ */
  readonly prefix?: string;
  /** Keys ca.crt and, for client certificates, tls.crt and tls.key. */
  readonly tlsSecretName?: string;
  /** Whether the service shows etcd the certificate tls.crt of that Secret. Default true. */
  readonly clientCertificate: boolean;
  /** Keys username and password. */
  readonly credentialsSecretName?: string;
}

export interface BackupSpec {
  /** As in a CronJob: `0 3 * * *`, `@daily`. */
  readonly schedule: string;
  /** Of the schedule, such as Europe/Berlin. Default: that of the cluster, usually UTC. */
  readonly timeZone?: string;
  /** How many backups are kept. Default 7. */
  readonly retention: number;
  /** True: none is made until it is false again. Default false. */
  readonly suspend: boolean;
  /** A claim that is there. Excludes storage. */
  readonly volumeClaim?: string;
  /** A claim that the operator makes, and that stays when the KvStore is deleted. Excludes volumeClaim. */
  readonly storage?: { readonly size: string; readonly className?: string };
  /** Other KvStores of the namespace that may restore these backups; '*' is all of them. Default: none. */
  readonly restorableBy?: readonly string[];
  /** Key token: a token that may read. */
  readonly tokenSecretName?: string;
}

export interface RestoreSpec {
  /** The claim that the backups are in. */
  readonly volumeClaim: string;
  /** The KvStore that was backed up. Default: the same name. */
  readonly kvStore?: string;
  /** A file of its backups, or latest. Default latest. */
  readonly file: string;
  /** Key token: a token that may write. */
  readonly tokenSecretName?: string;
}

export interface AuthSpec {
  /** Key tokens: the file that the service reads, a line each token. A change needs no rollout. */
  readonly tokensSecretName: string;
}

export interface TlsSpec {
  /** Keys tls.crt, tls.key and ca.crt, as cert-manager makes them. A change needs no rollout. */
  readonly secretName: string;
  /** Of Traefik: how it checks the replicas' certificate, such as `shop-replicas@kubernetescrd`. */
  readonly serversTransport?: string;
}

export interface KvStoreStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  /** Label selector in string form, for the scale subresource. */
  readonly selector?: string;
  /** Absent when no client finds it: its Service belongs to somebody else. */
  readonly url?: string;
  /** What its answers say in the header KvStore-Identity. */
  readonly identity?: string;
  readonly etcd?: { readonly members: number; readonly readyMembers: number; readonly version?: string };
  /** RFC 3339. */
  readonly backup?: { readonly lastScheduleTime?: string; readonly lastSuccessfulTime?: string };
  readonly conditions?: readonly Condition[];
}
