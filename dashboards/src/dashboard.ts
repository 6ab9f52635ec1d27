/** The frame that every dashboard has: variables, annotations, links to the others, a first row and collapsed ones. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  ConstantVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { datasource } from './panels.ts';

export interface Frame {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly runbooks: string;
  /** Label values that the variables offer, as PromQL of label_values; `pod` only where it filters something. */
  readonly namespaces: string;
  readonly kvstores: string;
  readonly pods?: string;
  /** Answers at a glance whether all is well. */
  readonly first: readonly Builder<Panel>[];
  /** Collapsed, by the question that they answer. */
  readonly rows: Readonly<Record<string, readonly Builder<Panel>[]>>;
}

export function frame(options: Frame): DashboardBuilder {
  const { uid, title, description, runbooks, namespaces, kvstores, pods, first, rows } = options;
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['kvstore'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(new DatasourceVariableBuilder('logs').label('Logs').type('loki'))
    .withVariable(choice('namespace', 'Namespace', namespaces))
    .withVariable(choice('kvstore', 'KvStore', kvstores));
  if (pods !== undefined) builder.withVariable(choice('pod', 'Pod', pods));
  if (isAddress(runbooks)) {
    builder
      .withVariable(new ConstantVariableBuilder('runbooks').label('Runbooks').value(runbooks))
      .link(new DashboardLinkBuilder('Runbooks').type(DashboardLinkType.Link).url(runbooks).targetBlank(true));
  }
  builder
    .link(new DashboardLinkBuilder('KvStore').type(DashboardLinkType.Dashboards).tags(['kvstore']).includeVars(true))
    .annotations(annotations());
  for (const panel of first) builder.withPanel(reachable(panel, runbooks));
  for (const [question, panels] of Object.entries(rows)) {
    const row = new RowBuilder(question).collapsed(true);
    for (const panel of panels) row.withPanel(reachable(panel, runbooks));
    builder.withRow(row);
  }
  return builder;
}

const isAddress = (text: string) => /^https?:/.test(text);

/** Without the link to a runbook while nothing is known of where they are. */
function reachable(builder: Builder<Panel>, runbooks: string): Builder<Panel> {
  if (isAddress(runbooks)) return builder;
  const { links: _, ...panel } = builder.build();
  return { build: () => panel };
}

function choice(name: string, label: string, query: string): QueryVariableBuilder {
  const builder = new QueryVariableBuilder(name).label(label).datasource(datasource).query(query);
  return builder
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}
