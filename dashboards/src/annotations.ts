/** Marks in all graphs for what usually explains a change. */
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { rollingOut, versions } from './expressions.ts';
import { datasource } from './panels.ts';
import { chosen, chosenName } from './selectors.ts';

interface Mark {
  readonly name: string;
  readonly color: string;
  readonly expr: string;
  readonly text: string;
}

const service = `component="service", ${chosen}`;

const marks: readonly Mark[] = [
  {
    name: 'Rollouts',
    color: 'blue',
    expr: rollingOut(chosenName),
    text: 'Rollout of {{namespace}}/{{name}}',
  },
  {
    name: 'Version changes',
    color: 'purple',
    expr: `${versions(chosen)} > 1`,
    text: 'Two versions of {{namespace}}/{{kvstore}}',
  },
  {
    name: 'Starts',
    color: 'orange',
    expr: `time() - process_start_time_seconds{${service}} < 60`,
    text: 'Start of {{pod}}',
  },
  {
    name: 'Leader changes',
    color: 'yellow',
    expr: `sum by (namespace, kvstore) (increase(etcd_server_leader_changes_seen_total{component="etcd", ${chosen}}[2m])) > 0`,
    text: 'New leader of etcd of {{namespace}}/{{kvstore}}',
  },
  {
    name: 'Restores',
    color: 'red',
    expr: `sum by (namespace, kvstore, cause) (increase(kvstore_resyncs_total{cause=~"restored|other-cluster", ${chosen}}[2m])) > 0`,
    text: 'etcd of {{namespace}}/{{kvstore}} holds another history: {{cause}}',
  },
];

export function annotations(): AnnotationQueryBuilder[] {
  return marks.map(({ name, color, expr, text }) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(datasource)
      .enable(true)
      .iconColor(color)
      .expr(expr)
      .titleFormat(text)
      .step('60s'),
  );
}
