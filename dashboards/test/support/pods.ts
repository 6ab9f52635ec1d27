/** Targets as Prometheus's discovery of pods finds them, for processes of this machine instead of pods. */
import type { KubernetesObject, V1Container, V1PodTemplateSpec } from '@kubernetes/client-node';

export type WithTemplate = KubernetesObject & { readonly spec: { readonly template: V1PodTemplateSpec } };

export interface Target {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Discovery finds each declared port; only the process's own may be scraped, so the others lead nowhere. */
const nowhere = '127.0.0.1:1';

export interface DiscoveredPod {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly labels?: Record<string, string> | undefined;
  readonly annotations?: Record<string, string> | undefined;
  readonly containers: readonly V1Container[];
}

/**
 * Targets with the labels that `role: pod` gives (prometheus.io/docs, kubernetes_sd_config), one for each declared port.
 * Debian's Prometheus is built without that discovery, so its result is handed over.
 * @param addressOf where a port is reached
 */
export function targetsOf(pod: DiscoveredPod, addressOf: (port: number) => string): Target[] {
  const prefix = '__meta_kubernetes';
  const metaLabels = (kind: string, values: Record<string, string> = {}) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        `${prefix}_pod_${kind}_${key.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`,
        value,
      ]),
    );
  const shared = {
    [`${prefix}_namespace`]: pod.namespace,
    [`${prefix}_pod_name`]: pod.name,
    [`${prefix}_pod_phase`]: pod.phase,
    ...metaLabels('label', pod.labels),
    ...metaLabels('annotation', pod.annotations),
  };
  const ports = pod.containers.flatMap((container) => container.ports ?? []);
  return ports.map(({ containerPort }) => ({
    targets: [addressOf(containerPort)],
    labels: { ...shared, [`${prefix}_pod_container_port_number`]: String(containerPort) },
  }));
}

/**
 * Those of a pod that the operator would have made, run by a process of this machine.
 * @param port where the process listens
 */
export function discover(namespace: string, name: string, template: V1PodTemplateSpec, port: number): Target[] {
  const { labels, annotations } = template.metadata ?? {};
  const scraped = annotations?.['prometheus.io/port'];
  return targetsOf(
    { namespace, name, phase: 'Running', labels, annotations, containers: template.spec?.containers ?? [] },
    (each) => (String(each) === scraped ? `127.0.0.1:${port}` : nowhere),
  );
}
