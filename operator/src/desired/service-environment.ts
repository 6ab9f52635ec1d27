/** How the service finds its etcd: environment, and the files of the Secrets it mounts. */
import type { V1EnvVar, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { clientEndpoints, etcdNames } from '../etcd/names.ts';
import { secretNames } from '../etcd/tls/secrets.ts';
import type { ExternalEtcdSpec, KvStore } from '../kvstore.ts';
import { identityOf, identityVariable } from '../reconcile/identity.ts';
import { type FreshReads, freshReadsEnvironment, freshReadsVariables, peersPort } from './fresh-reads.ts';

/** The limits of the etcd that the operator runs: the service must know the same numbers. */
export const etcdLimits = { maxTxnOps: 10_000, maxRequestBytes: 8_388_608 } as const;

export const servicePort = 8080;
const dataFolder = '/data';
/**
 * A pod that is over it is evicted, with all replicas alike at the same time, so it is far beyond what can be stored: more
 * than twice etcd's largest quota, 8 GiB, and what slow readers may add (KV_SNAPSHOT_MAX_GROWTH).
 */
const indexLimit = '20Gi';
const tlsFolder = '/etc/kvstore/etcd-tls';
const credentialsFolder = '/etc/kvstore/etcd-credentials';
const tokensFolder = '/etc/kvstore/tokens';
/** Of spec.tls. */
const listenerTlsFolder = '/etc/kvstore/tls';

/** Variables that the operator sets; a KvStore's own env may not name them. */
export const reservedVariables = [
  'KV_HOST',
  'KV_PORT',
  'KV_DATA_DIR',
  'KV_ETCD_ENDPOINTS',
  'KV_ETCD_PREFIX',
  'KV_ETCD_CA_FILE',
  'KV_ETCD_CERT_FILE',
  'KV_ETCD_KEY_FILE',
  'KV_ETCD_USERNAME_FILE',
  'KV_ETCD_PASSWORD_FILE',
  'KV_TOKENS_FILE',
  identityVariable,
  'KV_PEERS_URL',
  'KV_PEERS_CA_FILE',
  'KV_TLS_CERT_FILE',
  'KV_TLS_KEY_FILE',
  'KV_TLS_CLIENT_CA_FILE',
  ...freshReadsVariables,
] as const;

/**
 * Where the KvStore's env puts the metrics, when it gives them a port of their own (KV_METRICS_PORT). A value that is no port
 * is the service's to refuse.
 */
export function metricsPortOf({ spec }: KvStore): number | undefined {
  const text = spec.env?.find(({ name }) => name === 'KV_METRICS_PORT')?.value ?? '';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= 65_535 && port !== servicePort && port !== peersPort ? port : undefined;
}

export interface ServicePort {
  readonly name: 'http' | 'metrics';
  readonly port: number;
}

/** What a replica listens on, by the names that pods and the Service give it. */
export function servicePorts(kvstore: KvStore): ServicePort[] {
  const metrics = metricsPortOf(kvstore);
  return [
    { name: 'http', port: servicePort },
    ...(metrics === undefined ? [] : [{ name: 'metrics' as const, port: metrics }]),
  ];
}

export interface ServiceFiles {
  readonly volumes: V1Volume[];
  readonly mounts: V1VolumeMount[];
}

/** @param freshReads the mode that holds now */
export function serviceEnvironment(kvstore: KvStore, freshReads: FreshReads): V1EnvVar[] {
  const { spec } = kvstore;
  const environment: Record<string, string> = {
    KV_HOST: '0.0.0.0',
    KV_PORT: String(servicePort),
    KV_DATA_DIR: dataFolder,
    [identityVariable]: identityOf(kvstore),
    KV_PEERS_URL: serviceUrl(kvstore),
    KV_LOG_FORMAT: 'json',
    KV_ETCD_ENDPOINTS: (spec.externalEtcd?.endpoints ?? clientEndpoints(kvstore)).join(','),
    KV_ETCD_PREFIX: spec.externalEtcd?.prefix ?? etcdNames(kvstore).keyPrefix,
    ...(spec.externalEtcd === undefined
      ? { ...ownEtcdLimits, ...tlsFiles(true) }
      : externalEtcdFiles(spec.externalEtcd)),
    ...(spec.auth === undefined ? {} : { KV_TOKENS_FILE: `${tokensFolder}/tokens` }),
    ...(spec.tls === undefined ? {} : { ...listenerTlsFiles, ...commandLine(kvstore) }),
  };
  const chosen = spec.env ?? [];
  const isChosen = new Set(chosen.map(({ name }) => name));
  const defaults = Object.entries(environment).filter(([name]) => !isChosen.has(name));
  return [
    ...defaults.map(([name, value]) => ({ name, value: literal(value) })),
    ...freshReadsEnvironment(freshReads),
    ...chosen,
  ];
}

/** Kubernetes replaces `$(NAME)` by another variable's value, and `$$` by `$`: what the spec says stands for itself. */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$');
}

export function serviceFiles(kvstore: KvStore): ServiceFiles {
  const { auth, externalEtcd, tls } = kvstore.spec;
  const files: ServiceFiles = {
    // Only the index, which a restarted pod builds anew.
    volumes: [{ name: 'data', emptyDir: { sizeLimit: indexLimit } }],
    mounts: [{ name: 'data', mountPath: dataFolder }],
  };
  const mount = (name: string, secretName: string | undefined, mountPath: string): void => {
    if (secretName === undefined) return;
    files.volumes.push({ name, secret: { secretName, defaultMode: 0o440 } });
    files.mounts.push({ name, mountPath, readOnly: true });
  };
  const ownSecret = secretNames(etcdNames(kvstore)).client;
  mount('etcd-tls', externalEtcd === undefined ? ownSecret : externalEtcd.tlsSecretName, tlsFolder);
  mount('etcd-credentials', externalEtcd?.credentialsSecretName, credentialsFolder);
  mount('tokens', auth?.tokensSecretName, tokensFolder);
  mount('tls', tls?.secretName, listenerTlsFolder);
  return files;
}

/** Names of the Secrets whose change must restart the service: it reads them once, at its start (tokens and certificates again and again). */
export function referencedSecrets({ spec }: KvStore): string[] {
  const names = [
    spec.externalEtcd?.tlsSecretName,
    spec.externalEtcd?.credentialsSecretName,
    ...(spec.env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
  ];
  return [...new Set(names.filter((name): name is string => name !== undefined && name !== ''))].sort();
}

/** Where the replicas answer together, inside the cluster. */
export function serviceUrl({ metadata: { name, namespace }, spec: { tls } }: KvStore): string {
  return `${tls === undefined ? 'http' : 'https'}://${serviceHost(name, namespace)}:${servicePort}`;
}

/** The name that a certificate of spec.tls has to have. */
export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc`;
}

const listenerTlsFiles = {
  KV_TLS_CERT_FILE: `${listenerTlsFolder}/tls.crt`,
  KV_TLS_KEY_FILE: `${listenerTlsFolder}/tls.key`,
  KV_PEERS_CA_FILE: `${listenerTlsFolder}/ca.crt`,
};

/**
 * For `kubectl exec POD -- kv`: the certificate has the name of the Service, not that of the pod or of loopback, where the
 * command line looks by default. The Secret of a public authority's certificate has no ca.crt.
 */
function commandLine(kvstore: KvStore): Record<string, string> {
  return { KV_URL: serviceUrl(kvstore), KV_OPTIONAL_CA_FILE: listenerTlsFiles.KV_PEERS_CA_FILE };
}

/** What the service has to know of the flags of an etcd of ours. */
export const ownEtcdLimits = {
  KV_ETCD_MAX_TXN_OPS: String(etcdLimits.maxTxnOps),
  KV_ETCD_MAX_REQUEST_BYTES: String(etcdLimits.maxRequestBytes),
};

function externalEtcdFiles(etcd: ExternalEtcdSpec): Record<string, string> {
  return {
    ...(etcd.tlsSecretName === undefined ? {} : tlsFiles(etcd.clientCertificate)),
    ...(etcd.credentialsSecretName === undefined
      ? {}
      : {
          KV_ETCD_USERNAME_FILE: `${credentialsFolder}/username`,
          KV_ETCD_PASSWORD_FILE: `${credentialsFolder}/password`,
        }),
  };
}

function tlsFiles(clientCertificate: boolean): Record<string, string> {
  return {
    KV_ETCD_CA_FILE: `${tlsFolder}/ca.crt`,
    ...(clientCertificate
      ? { KV_ETCD_CERT_FILE: `${tlsFolder}/tls.crt`, KV_ETCD_KEY_FILE: `${tlsFolder}/tls.key` }
      : {}),
  };
}
