import { createHash } from 'node:crypto';
import type { V1PodTemplateSpec, V1Probe } from '@kubernetes/client-node';
import { scrapeAnnotations } from '../../desired/labels.ts';
import { restrictedContainer, restrictedPod } from '../../desired/restricted.ts';
import type { KvStore } from '../../kvstore.ts';
import { clientPort, type EtcdNames, metricsPort, peerPort, shapeAnnotation, templateAnnotation } from '../names.ts';
import { goMemoryLimit, sharedSettings } from '../settings.ts';
import type { EtcdState } from '../state.ts';
import { secretNames } from '../tls/secrets.ts';
import { tlsPath, transportSecurity, volumePath } from './member-config.ts';
import { memoryLimit, resourcesOf } from './resources.ts';

/** Where the ConfigMap is mounted: one file a member. */
const configPath = '/etc/etcd';
/** The volume that only members with TLS have. */
export const tlsVolume = 'tls';

/**
 * A member's pod. Its hash, in an annotation, covers whatever else a member reads at its start only: the shared settings
 * and the authorities it trusts. A change of any is a restart.
 * @param trustHash of the certificates of those authorities
 */
export function etcdPodTemplate(
  names: EtcdNames,
  { spec }: Pick<KvStore, 'spec'>,
  state: EtcdState,
  image: string,
  trustHash: string,
): V1PodTemplateSpec {
  const memoryBytes = memoryLimit(spec);
  const podSpec: V1PodTemplateSpec['spec'] = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    // A volume with many files is not walked again at each start.
    securityContext: { ...restrictedPod(), fsGroupChangePolicy: 'OnRootMismatch' },
    containers: [
      {
        name: 'etcd',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/usr/local/bin/etcd'],
        args: [`--config-file=${configPath}/$(POD_NAME).yaml`],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ...(memoryBytes === undefined ? [] : [{ name: 'GOMEMLIMIT', value: String(goMemoryLimit(memoryBytes)) }]),
        ],
        ports: [
          { name: 'client', containerPort: clientPort, protocol: 'TCP' },
          { name: 'peer', containerPort: peerPort, protocol: 'TCP' },
          { name: 'metrics', containerPort: metricsPort, protocol: 'TCP' },
        ],
        resources: resourcesOf(spec),
        // A large database is loaded before the first answer: a quarter of an hour.
        startupProbe: { ...probe('/livez'), periodSeconds: 2, failureThreshold: 450 },
        // Local: a member that lost its peers must not be restarted for it.
        livenessProbe: { ...probe('/livez'), periodSeconds: 10, failureThreshold: 6 },
        readinessProbe: { ...probe('/readyz'), periodSeconds: 5, failureThreshold: 3 },
        securityContext: restrictedContainer(),
        volumeMounts: [
          { name: 'data', mountPath: volumePath },
          { name: 'config', mountPath: configPath, readOnly: true },
          { name: tlsVolume, mountPath: tlsPath, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name: names.name } },
      { name: tlsVolume, secret: { secretName: secretNames(names).member, defaultMode: 0o440 } },
    ],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: names.selector },
      },
    ],
    ...(spec.nodeSelector ? { nodeSelector: { ...spec.nodeSelector } } : {}),
    ...(spec.tolerations ? { tolerations: [...spec.tolerations] } : {}),
    ...(spec.affinity ? { affinity: spec.affinity } : {}),
  };
  const security = transportSecurity(names);
  return {
    metadata: {
      labels: names.labels,
      annotations: {
        ...scrapeAnnotations(metricsPort),
        [templateAnnotation]: digestOf([
          podSpec,
          sharedSettings({ volumeBytes: state.volumeBytes, memoryBytes }),
          security,
          trustHash,
        ]),
        [shapeAnnotation]: digestOf([podSpec, sharedSettings({ volumeBytes: 0, memoryBytes }), security]),
      },
    },
    spec: podSpec,
  };
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

function probe(path: string): V1Probe {
  return { httpGet: { path, port: 'metrics', scheme: 'HTTP' }, timeoutSeconds: 5 };
}
