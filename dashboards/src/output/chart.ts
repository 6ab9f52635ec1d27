/** The PrometheusRule as a template of the Helm chart: thresholds and addresses are values. */
import { ruleGroups } from '../alerts/all.ts';
import { byName, names, thresholds } from '../alerts/thresholds.ts';
import { dumpRules } from './yaml.ts';

const at = '.Values.prometheusRule';
/** Stands in the rules where a value is to go; braces of Prometheus's own templates are escaped around it. */
const mark = (path: string) => `@@${path}@@`;

export function chartTemplate(): string {
  const numbers = byName((name) => mark(`thresholds.${name}`));
  const links = { runbooks: mark('runbooksUrl'), grafana: mark('grafanaUrl') };
  const spec = dumpRules({ spec: { groups: ruleGroups(links, numbers) } })
    .replaceAll('{{', '{{ "{{" }}')
    .replaceAll(/@@([\w.]+)@@/g, `{{ ${at}.$1 }}`);
  return `# Made by npm run dashboards.
{{- if ${at}.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: kvstore
  namespace: {{ .Release.Namespace }}
  labels: {{ toJson ${at}.labels }}
${spec}{{- end }}
`;
}

/** The part of values.yaml that has the defaults. */
export function chartThresholds(): string {
  return names.map((name) => `    # ${thresholds[name].meaning}\n    ${name}: ${thresholds[name].default}\n`).join('');
}
