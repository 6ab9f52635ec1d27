/** What fires now, as a number and a table, and the table of the fleet. */
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { type Limits, limitsConfig } from './limits.ts';
import { storeOfRow } from './panel-links.ts';
import { datasource, describe, type PanelOptions, refIdOf, type Unit } from './panels.ts';

export interface Column {
  readonly title: string;
  readonly unit: Unit;
  /** PromQL of one series a store, with the labels namespace and kvstore. */
  readonly expr: string;
  readonly limits?: Limits;
  /** For a column that is a label: its name. */
  readonly label?: string;
}

interface TableOptions {
  readonly title: string;
  readonly shows: string;
  readonly normal: string;
  readonly otherwise: string;
  readonly noData: string;
  readonly width: number;
  readonly height: number;
}

function table(options: TableOptions): TableBuilder {
  const { title, noData, width, height } = options;
  return new TableBuilder()
    .title(title)
    .description(describe(options))
    .datasource(datasource)
    .unit('short')
    .noValue(noData)
    .height(height)
    .span(width);
}

const instant = (refId: string, expr: string) =>
  new DataqueryBuilder().refId(refId).expr(expr).datasource(datasource).instant().format(PromQueryFormat.Table);

/** Alerts of this product that fire. */
export const firing = (scope: string) => `ALERTS{alertname=~"KvStore.+", alertstate="firing"${scope}}`;
export const firingCount = (scope: string) => `count(${firing(scope)}) or vector(0)`;
export const ofChosen = ', namespace=~"$namespace|", kvstore=~"$kvstore|"';

/** The number above alertTable. */
export const firingStat: PanelOptions = {
  title: 'Alerts',
  shows: 'Alerts that fire for what is chosen.',
  normal: '0.',
  otherwise: 'the table below names them.',
  unit: 'none',
  limits: { bad: 1 },
  queries: { alerts: firingCount(ofChosen) },
};

export function alertTable(height: number): TableBuilder {
  const pending = `ALERTS_FOR_STATE{alertname=~"KvStore.+"${ofChosen}}`;
  const since = `(${pending} and ignoring (alertstate) ${firing(ofChosen)}) * 1000`;
  return table({
    title: 'What fires',
    shows: 'Alerts that fire, and since when their condition has held.',
    normal: 'empty.',
    otherwise: 'open the runbook of the alert: its name is the title of the section.',
    noData: 'No alert fires',
    width: 24,
    height,
  })
    .withTarget(instant('A', since))
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true, component: true, instance: true, job: true, alertstate: true, name: true },
        indexByName: { severity: 0, alertname: 1, namespace: 2, kvstore: 3, pod: 4, Value: 5 },
        renameByName: { Value: 'since', alertname: 'alert' },
      },
    })
    .overrideByName('since', [{ id: 'unit', value: 'dateTimeFromNow' }])
    .overrideByName('severity', [
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
      {
        id: 'mappings',
        value: [
          {
            type: 'value',
            options: { page: { text: 'page', color: 'red' }, ticket: { text: 'ticket', color: 'orange' } },
          },
        ],
      },
    ]);
}

export function storeTable(options: TableOptions, columns: readonly Column[]): TableBuilder {
  const panel = table(options);
  const renames: Record<string, string> = { namespace: 'namespace', kvstore: 'store' };
  const order = Object.keys(renames);
  const hidden: Record<string, boolean> = { Time: true };
  for (const [index, { title, expr, label }] of columns.entries()) {
    panel.withTarget(instant(refIdOf(index), expr));
    const value = `Value #${refIdOf(index)}`;
    order.push(label ?? value);
    // Of a query for a label its value says nothing.
    if (label === undefined) renames[value] = title;
    else hidden[value] = true;
  }
  for (const { title, label } of columns) if (label !== undefined) renames[label] = title;
  panel
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: hidden,
        indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
        renameByName: renames,
      },
    })
    .overrideByName('store', [{ id: 'links', value: [storeOfRow] }]);
  for (const { title, unit, limits } of columns) {
    const properties: { id: string; value: unknown }[] = [{ id: 'unit', value: unit }];
    if (limits !== undefined) {
      properties.push({ id: 'thresholds', value: limitsConfig(limits).build() });
      properties.push({ id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } });
    }
    panel.overrideByName(title, properties);
  }
  return panel;
}
