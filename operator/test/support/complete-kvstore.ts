/** A spec and a status with every field that the types have: the compiler misses none, and knows no other. */
import type {
  V1Affinity,
  V1EnvVar,
  V1NetworkPolicyPeer,
  V1ResourceRequirements,
  V1Toleration,
} from '@kubernetes/client-node';
import type { KvStoreSpec, KvStoreStatus } from '../../src/kvstore.ts';
import { free } from './schema-paths.ts';

/** Types of Kubernetes itself are written out below by hand; the operator's own must be complete. */
type Foreign = V1Affinity | V1EnvVar | V1NetworkPolicyPeer | V1ResourceRequirements | V1Toleration;
type Complete<T> = T extends Foreign
  ? object
  : T extends readonly (infer Item)[]
    ? readonly Complete<Item>[]
    : string extends keyof T
      ? object
      : T extends object
        ? { readonly [Key in keyof T]-?: Complete<NonNullable<T[Key]>> }
        : T;

const map = { [free]: true };
const resources = { requests: map, limits: map };
const keyRef = { name: 'name', key: 'key', optional: true };

const requirements = [{ key: 'key', operator: 'In', values: ['value'] }];
const labels = { matchLabels: map, matchExpressions: requirements };
const nodeTerm = { matchExpressions: requirements, matchFields: requirements };
const podTerm = {
  ...{ labelSelector: labels, namespaceSelector: labels, namespaces: ['a'], topologyKey: 'zone' },
  ...{ matchLabelKeys: ['a'], mismatchLabelKeys: ['b'] },
};
const podAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: [podTerm],
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: podTerm }],
};

export const completeSpec: Complete<KvStoreSpec> = {
  replicas: 3,
  image: 'image',
  imagePullPolicy: 'Always',
  resources,
  env: [
    {
      name: 'NAME',
      value: 'value',
      valueFrom: {
        secretKeyRef: keyRef,
        configMapKeyRef: keyRef,
        fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' },
        resourceFieldRef: { containerName: 'service', resource: 'limits.cpu', divisor: '1' },
      },
    },
  ],
  ingress: {
    enabled: true,
    host: 'host',
    className: 'traefik',
    annotations: map,
    tls: { secretName: 'secret' },
    pages: true,
  },
  etcd: {
    members: 3,
    image: 'image',
    storage: { size: '8Gi', className: 'class' },
    resources,
    retentionPolicy: 'Retain',
  },
  externalEtcd: {
    endpoints: ['https://etcd:2379'],
    prefix: '/prefix/',
    tlsSecretName: 'secret',
    clientCertificate: true,
    credentialsSecretName: 'secret',
  },
  backup: {
    schedule: '@daily',
    timeZone: 'Etc/UTC',
    retention: 7,
    suspend: false,
    volumeClaim: 'claim',
    storage: { size: '8Gi', className: 'class' },
    restorableBy: ['name'],
    tokenSecretName: 'secret',
  },
  restoreFrom: { volumeClaim: 'claim', kvStore: 'name', file: 'latest', tokenSecretName: 'secret' },
  auth: { tokensSecretName: 'secret' },
  tls: { secretName: 'secret', serversTransport: 'default-shop@kubernetescrd' },
  freshReads: 'lease',
  paused: false,
  nodeSelector: map,
  tolerations: [{ key: 'key', operator: 'Exists', value: 'value', effect: 'NoExecute', tolerationSeconds: 1 }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: nodeTerm }],
    },
    podAffinity,
    podAntiAffinity: podAffinity,
  },
  clients: [
    { podSelector: labels, namespaceSelector: labels, ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.1/32'] } },
  ],
  monitoring: { enabled: true },
};

export const completeStatus: Complete<KvStoreStatus> = {
  observedGeneration: 1,
  replicas: 3,
  readyReplicas: 3,
  selector: 'selector',
  url: 'url',
  identity: 'namespace/name/uid',
  etcd: { members: 3, readyMembers: 3, version: '3.6.16' },
  backup: { lastScheduleTime: '2026-01-01T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z' },
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Reason',
      message: 'message',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
};
