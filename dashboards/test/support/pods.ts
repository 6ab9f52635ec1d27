/** Targets as Prometheus's discovery of pods finds them, for processes of this machine instead of pods. */
import type { KubernetesObject, V1PodTemplateSpec } from '@kubernetes/client-node';

export type WithTemplate = KubernetesObject & { readonly spec: { readonly template: V1PodTemplateSpec } };

export interface Target {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Discovery finds each declared port; only the process's own may be scraped, so the others lead nowhere. */
const nowhere = '127.0.0.1:1';

/**
 * The labels that `role: pod` gives (prometheus.io/docs, kubernetes_sd_config), from the template that the operator
 * made. Debian's Prometheus is built without that discovery, so its result is handed over.
 * @param port where the process listens
 */
export function discover(namespace: string, pod: string, template: V1PodTemplateSpec, port: number): Target[] {
  const prefix = '__meta_kubernetes';
  const metaLabels = (kind: string, values: Record<string, string> = {}) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        `${prefix}_pod_${kind}_${key.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`,
        value,
      ]),
    );
  const shared = {
    [`${prefix}_namespace`]: namespace,
    [`${prefix}_pod_name`]: pod,
    [`${prefix}_pod_phase`]: 'Running',
    ...metaLabels('label', template.metadata?.labels),
    ...metaLabels('annotation', template.metadata?.annotations),
  };
  const scraped = template.metadata?.annotations?.['prometheus.io/port'];
  const ports = template.spec?.containers.flatMap((container) => container.ports ?? []) ?? [];
  return ports.map(({ containerPort }) => ({
    targets: [String(containerPort) === scraped ? `127.0.0.1:${port}` : nowhere],
    labels: { ...shared, [`${prefix}_pod_container_port_number`]: String(containerPort) },
  }));
}
