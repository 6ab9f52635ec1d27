/** The alerts of a store that fire now. */
import type { Prometheus } from '../../dashboards/test/support/prometheus.ts';

export interface Firing {
  readonly alert: string;
  /** Its label `pod`. */
  readonly pod: string | undefined;
  readonly dashboardUrl: string;
}

/** With those that name neither a store nor a volume: they are about the operator. */
export async function firingOf(
  prometheus: Pick<Prometheus, 'alerts'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Firing[]> {
  const alerts = await prometheus.alerts();
  return alerts
    .filter(({ state }) => state === 'firing')
    .filter(({ labels }) => {
      if (labels.persistentvolumeclaim !== undefined) return labels.namespace === namespace;
      return labels.kvstore === undefined || (labels.namespace === namespace && labels.kvstore === name);
    })
    .map(({ labels, annotations }) => ({
      alert: labels.alertname ?? '',
      pod: labels.pod,
      dashboardUrl: annotations.dashboard_url ?? '',
    }));
}
