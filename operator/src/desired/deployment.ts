import type {
  V1Deployment,
  V1Probe,
  V1ResourceRequirements,
  V1TopologySpreadConstraint,
} from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { type FreshReads, imageAnnotation, peersPort } from './fresh-reads.ts';
import { defaultNames, objectLabels, scrapeAnnotations, selectorLabels } from './labels.ts';
import { restrictedContainer, restrictedPod } from './restricted.ts';
import { metricsPortOf, serviceEnvironment, serviceFiles, servicePort, servicePorts } from './service-environment.ts';

export interface ServiceDefaults {
  /** Image of a KvStore that names none. */
  readonly serviceImage: string;
  /** The account of this KvStore's pods. Default: that of a new one. */
  readonly serviceAccount?: string;
}

/** The annotation whose change makes the Deployment roll out. */
export const secretVersionsAnnotation = 'kvstore.dev/secret-versions';

/** Endpoints are taken out of proxies while the pod still serves; then the service drains, for up to 15 s. */
const preStopSeconds = 5;
const terminationGracePeriodSeconds = 45;

/** Disk of the node: the index (service-environment.ts) and logs. */
const defaultResources: V1ResourceRequirements = {
  requests: { cpu: '100m', memory: '192Mi', 'ephemeral-storage': '256Mi' },
  limits: { cpu: '2', memory: '512Mi', 'ephemeral-storage': '21Gi' },
};

/** The image that a KvStore's pods are made from. */
export function serviceImageOf({ spec }: KvStore, { serviceImage }: ServiceDefaults): string {
  return spec.image ?? serviceImage;
}

/**
 * The service's Deployment.
 * @param secretVersions what identifies the present contents of the Secrets it reads; '' when it reads none
 * @param freshReads how its pods read from now on
 */
export function buildDeployment(
  kvstore: KvStore,
  defaults: ServiceDefaults,
  secretVersions: string,
  freshReads: FreshReads,
): V1Deployment {
  const { metadata, spec } = kvstore;
  const { volumes, mounts } = serviceFiles(kvstore);
  const matchLabels = selectorLabels(metadata.name, 'service');
  const metricsPort = metricsPortOf(kvstore);
  const image = serviceImageOf(kvstore, defaults);
  const ports = [...servicePorts(kvstore), { name: 'peers', port: peersPort }];
  // A kubelet does not look at the certificate.
  const scheme = spec.tls === undefined ? 'HTTP' : 'HTTPS';
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      labels: objectLabels(metadata.name, 'service'),
    },
    spec: {
      replicas: spec.replicas,
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: 600,
      selector: { matchLabels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: objectLabels(metadata.name, 'service'),
          annotations: {
            ...scrapeAnnotations(metricsPort ?? servicePort, metricsPort === undefined && spec.tls !== undefined),
            [imageAnnotation]: image,
            ...(secretVersions === '' ? {} : { [secretVersionsAnnotation]: secretVersions }),
          },
        },
        spec: {
          serviceAccountName: defaults.serviceAccount ?? defaultNames(metadata.name).serviceAccount,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds,
          securityContext: restrictedPod(),
          ...(spec.nodeSelector === undefined ? {} : { nodeSelector: { ...spec.nodeSelector } }),
          ...(spec.tolerations === undefined ? {} : { tolerations: [...spec.tolerations] }),
          ...(spec.affinity === undefined ? {} : { affinity: spec.affinity }),
          topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((key) =>
            spreadOver(key, matchLabels),
          ),
          volumes,
          containers: [
            {
              name: 'service',
              image,
              imagePullPolicy: spec.imagePullPolicy ?? 'IfNotPresent',
              ports: ports.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
              env: serviceEnvironment(kvstore, freshReads),
              resources: spec.resources ?? defaultResources,
              volumeMounts: mounts,
              startupProbe: probe('/livez', scheme, { periodSeconds: 1, failureThreshold: 60 }),
              livenessProbe: probe('/livez', scheme, { periodSeconds: 10, failureThreshold: 3 }),
              readinessProbe: probe('/readyz', scheme, { periodSeconds: 2, failureThreshold: 2 }),
              lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
              securityContext: restrictedContainer(),
            },
          ],
        },
      },
    },
  };
}

function probe(
  path: string,
  scheme: 'HTTP' | 'HTTPS',
  timing: Pick<V1Probe, 'periodSeconds' | 'failureThreshold'>,
): V1Probe {
  return { httpGet: { path, port: 'http', scheme }, timeoutSeconds: 5, ...timing };
}

/** Per revision, so a rollout's new pods are spread among themselves; a wish, so one node still takes them all. */
function spreadOver(topologyKey: string, matchLabels: Record<string, string>): V1TopologySpreadConstraint {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
    matchLabelKeys: ['pod-template-hash'],
  };
}
