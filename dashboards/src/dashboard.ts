/** The frame that every dashboard has: variables, links to the others and to the runbooks. */
import {
  ConstantVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
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
}

export function frame({ uid, title, description, runbooks, namespaces, kvstores, pods }: Frame): DashboardBuilder {
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
    .withVariable(choice('namespace', 'Namespace', namespaces))
    .withVariable(choice('kvstore', 'KvStore', kvstores));
  if (pods !== undefined) builder.withVariable(choice('pod', 'Pod', pods));
  return builder
    .withVariable(new ConstantVariableBuilder('runbooks').label('Runbooks').value(runbooks))
    .link(new DashboardLinkBuilder('KvStore').type(DashboardLinkType.Dashboards).tags(['kvstore']).includeVars(true))
    .link(new DashboardLinkBuilder('Runbooks').type(DashboardLinkType.Link).url(runbooks).targetBlank(true));
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
