/** All generated files, by name: what the test compares and generate.ts writes. */
import { dumpYaml } from '@kubernetes/client-node';
import { ruleGroups } from './alerts/all.ts';
import { allDashboards } from './all.ts';

const labels = { 'app.kubernetes.io/name': 'kvstore' };

/** @param runbooks URL of docs/runbooks.md */
export function renderAll(runbooks: string): Record<string, string> {
  const dashboards = Object.fromEntries(
    Object.entries(allDashboards(runbooks)).map(([name, dashboard]) => [
      `${name}.json`,
      `${JSON.stringify(dashboard, null, 2)}\n`,
    ]),
  );
  const groups = ruleGroups(runbooks);
  const prometheusRule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'kvstore', labels },
    spec: { groups },
  };
  // The label that the sidecar of Grafana's Helm chart looks for.
  const configMaps = Object.entries(dashboards).map(([file, text]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `kvstore-dashboard-${file.replace('.json', '')}`, labels: { ...labels, grafana_dashboard: '1' } },
    data: { [`kvstore-${file}`]: text },
  }));
  return {
    ...dashboards,
    'rules.yaml': yaml({ groups }),
    'prometheus-rule.yaml': yaml(prometheusRule),
    'config-maps.yaml': configMaps.map(yaml).join('---\n'),
  };
}

function yaml(value: object): string {
  return dumpYaml(value, { lineWidth: -1, noRefs: true });
}
