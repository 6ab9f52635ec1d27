/** All generated files: what the test compares and generate.ts writes. */
import { ruleGroups } from '../alerts/all.ts';
import { defaults, type Numbers } from '../alerts/thresholds.ts';
import { allDashboards } from '../all.ts';
import type { Links } from '../links.ts';
import { dumpRules } from './yaml.ts';

const labels = { 'app.kubernetes.io/name': 'kvstore' };

/** The files of dashboards/generated, by name. */
export function renderAll(links: Links, numbers: Numbers = defaults): Record<string, string> {
  // Compact: kubectl apply keeps a copy of a ConfigMap in an annotation, which may have 256 KiB.
  const dashboards = Object.fromEntries(
    Object.entries(allDashboards(links)).map(([name, dashboard]) => [`${name}.json`, `${JSON.stringify(dashboard)}\n`]),
  );
  const groups = ruleGroups(links, numbers);
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
    'rules.yaml': dumpRules({ groups }),
    'prometheus-rule.yaml': dumpRules(prometheusRule),
    'config-maps.yaml': configMaps.map(dumpRules).join('---\n'),
  };
}
