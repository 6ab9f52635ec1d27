/** Of a store's pods, as kubectl lists them, what a bundle has to know. */

export interface Pod {
  readonly name: string;
  /** What it is for: service, etcd, etcd-image, backup or restore. */
  readonly component: string;
  /** The container whose log counts. */
  readonly container: string;
  /** `pod:port` or `https:pod:port`, as the API server's proxy names it; undefined: it serves no metrics. */
  readonly metrics?: string;
}

interface ListedPod {
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly containers?: readonly Container[] };
}

interface Container {
  readonly name?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
  readonly readinessProbe?: { readonly httpGet?: { readonly scheme?: string } };
}

/**
 * The pods in a list, as JSON of Kubernetes; without those whose names are not safe names of files.
 * @param hasTls whether the KvStore has spec.tls
 * @throws SyntaxError
 */
export function podsOf(list: string, hasTls: boolean): Pod[] {
  const items = (JSON.parse(list) as { readonly items?: readonly ListedPod[] } | null)?.items;
  return (Array.isArray(items) ? (items as readonly ListedPod[]) : []).flatMap(({ metadata, spec }) => {
    const name = metadata?.name ?? '';
    const component = metadata?.labels?.['app.kubernetes.io/component'] ?? '';
    const containers = spec?.containers ?? [];
    // Others may have added containers of their own before it.
    const container = containers.find((each) => each.name === component) ?? containers[0];
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || container?.name === undefined) return [];
    const metrics = metricsOf(name, component, container, hasTls);
    return [{ name, component, container: container.name, ...(metrics === undefined ? {} : { metrics }) }];
  });
}

/** A port of its own for metrics speaks plain HTTP, also etcd's; jobs have none. */
function metricsOf(pod: string, component: string, container: Container, hasTls: boolean): string | undefined {
  if (component !== 'service' && component !== 'etcd') return undefined;
  const own = container.ports?.find(({ name }) => name === 'metrics')?.containerPort;
  if (own !== undefined) return `${pod}:${own}`;
  if (component === 'etcd') return undefined;
  // While spec.tls changes, pods of before still listen as their probe says.
  const scheme = container.readinessProbe?.httpGet?.scheme ?? (hasTls ? 'HTTPS' : 'HTTP');
  return scheme === 'HTTPS' ? `https:${pod}:8080` : `${pod}:8080`;
}

/** The members of etcd in the order of their numbers. */
export function membersOf(pods: readonly Pod[]): string[] {
  const names = pods.filter(({ component }) => component === 'etcd').map(({ name }) => name);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
