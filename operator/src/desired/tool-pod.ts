import type { V1PodTemplateSpec, V1ResourceRequirements, V1SecretVolumeSource } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { identityOf } from '../reconcile/identity.ts';
import type { ServiceDefaults } from './deployment.ts';
import { type Component, defaultNames, objectLabels } from './labels.ts';
import { restrictedContainer, restrictedPod } from './restricted.ts';
import { serviceUrl } from './service-environment.ts';

export interface Tool {
  readonly component: Extract<Component, 'backup' | 'restore'>;
  /** Of the command line in the service's image. */
  readonly args: readonly string[];
  readonly volumeClaim: string;
  /** Of the volume, a single name: the pod sees nothing else of it. */
  readonly folder: string;
  readonly readOnly: boolean;
  readonly tokenSecretName: string | undefined;
  /** Whether replicas give their identity: only then can the command line insist on it. */
  readonly hasIdentity: boolean;
}

/** Below it a folder of the backups' volume is mounted, under its own name. */
const backupRoot = '/backup';

/** Where a pod finds the backups of one KvStore. */
export function backupPath(folder: string): string {
  return `${backupRoot}/${folder}`;
}

/** Of the authority of spec.tls. */
const authorityFolder = '/etc/kvstore/tls';
const tokenFolder = '/etc/kvstore/token';

const resources: V1ResourceRequirements = {
  requests: { cpu: '50m', memory: '96Mi', 'ephemeral-storage': '16Mi' },
  limits: { cpu: '1', memory: '256Mi', 'ephemeral-storage': '256Mi' },
};

/** A pod that runs the command line once, against the KvStore's Service. */
export function buildToolPod(kvstore: KvStore, defaults: ServiceDefaults, tool: Tool): V1PodTemplateSpec {
  const { metadata, spec } = kvstore;
  const { component, tokenSecretName } = tool;
  const authority = spec.tls?.secretName;
  return {
    metadata: { labels: objectLabels(metadata.name, component) },
    spec: {
      // Another pod for each try: the failed ones stay to be looked at.
      restartPolicy: 'Never',
      serviceAccountName: defaults.serviceAccount ?? defaultNames(metadata.name).serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // A volume with many files is not walked again at each start.
      securityContext: { ...restrictedPod(), fsGroupChangePolicy: 'OnRootMismatch' },
      ...(spec.nodeSelector === undefined ? {} : { nodeSelector: { ...spec.nodeSelector } }),
      ...(spec.tolerations === undefined ? {} : { tolerations: [...spec.tolerations] }),
      volumes: [
        { name: 'backup', persistentVolumeClaim: { claimName: tool.volumeClaim } },
        ...(tokenSecretName === undefined
          ? []
          : [{ name: 'token', secret: { secretName: tokenSecretName, defaultMode: 0o440 } }]),
        // The authority alone: the key is the service's.
        ...(authority === undefined ? [] : [{ name: 'tls', secret: authorityOf(authority) }]),
      ],
      containers: [
        {
          name: component,
          // Why it failed is then in the pod's status, after its log is gone too.
          terminationMessagePolicy: 'FallbackToLogsOnError',
          image: spec.image ?? defaults.serviceImage,
          imagePullPolicy: spec.imagePullPolicy ?? 'IfNotPresent',
          command: ['node', 'cli/src/main.ts'],
          args: [...tool.args],
          env: [
            { name: 'KV_URL', value: serviceUrl(kvstore) },
            ...(authority === undefined ? [] : [{ name: 'KV_OPTIONAL_CA_FILE', value: `${authorityFolder}/ca.crt` }]),
            ...(tool.hasIdentity ? [{ name: 'KV_EXPECT_IDENTITY', value: identityOf(kvstore) }] : []),
            ...(tokenSecretName === undefined ? [] : [{ name: 'KV_TOKEN_FILE', value: `${tokenFolder}/token` }]),
          ],
          resources,
          volumeMounts: [
            {
              name: 'backup',
              mountPath: backupPath(tool.folder),
              subPath: tool.folder,
              ...(tool.readOnly ? { readOnly: true } : {}),
            },
            ...(tokenSecretName === undefined ? [] : [{ name: 'token', mountPath: tokenFolder, readOnly: true }]),
            ...(authority === undefined ? [] : [{ name: 'tls', mountPath: authorityFolder, readOnly: true }]),
          ],
          securityContext: restrictedContainer(),
        },
      ],
    },
  };
}

function authorityOf(secretName: string): V1SecretVolumeSource {
  // A certificate of a public authority comes without it; a pod would wait for it for ever.
  return { secretName, items: [{ key: 'ca.crt', path: 'ca.crt' }], defaultMode: 0o440, optional: true };
}
