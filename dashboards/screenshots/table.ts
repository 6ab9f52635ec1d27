/** A table panel as HTML: the last value of each series in a row by its labels, as Grafana's transformations merge them. */
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { refIdOf } from '../src/panels.ts';
import type { Series } from '../test/support/prometheus.ts';
import { format } from './format.ts';

interface Organize {
  readonly id: string;
  readonly options: {
    readonly excludeByName?: Readonly<Record<string, boolean>>;
    readonly indexByName?: Readonly<Record<string, number>>;
    readonly renameByName?: Readonly<Record<string, string>>;
  };
}

type Cells = Readonly<Record<string, string>>;

/** @param queried the series of each query, in the order of the queries */
export function tableHtml(
  panel: Panel,
  queried: readonly (readonly Series[])[],
  escapeText: (text: string) => string,
): string {
  const { options = {} } = (panel.transformations as Organize[] | undefined)?.find(({ id }) => id === 'organize') ?? {};
  const { excludeByName = {}, indexByName = {}, renameByName = {} } = options;
  const units = new Map(
    (panel.fieldConfig?.overrides ?? []).map(({ matcher, properties }) => [
      matcher.options as string,
      String(properties.find(({ id }) => id === 'unit')?.value ?? 'none'),
    ]),
  );
  const rows = new Map<string, Cells>();
  for (const [index, series] of queried.entries()) {
    const key = queried.length === 1 ? 'Value' : `Value #${refIdOf(index)}`;
    for (const { metric, values } of series) {
      const { __name__: _, ...labels } = metric;
      const value = Number(values.at(-1)?.[1]);
      const unit = units.get(renameByName[key] ?? key) ?? 'none';
      // Rows are merged by the store alone where there are several queries.
      const id = queried.length === 1 ? JSON.stringify(labels) : `${labels.namespace}/${labels.kvstore}`;
      rows.set(id, { ...rows.get(id), ...labels, [key]: format(value, unit) });
    }
  }
  if (rows.size === 0) return `<p>${escapeText(String(panel.fieldConfig?.defaults.noValue))}</p>`;
  const columns = [...new Set([...rows.values()].flatMap((row) => Object.keys(row)))]
    .filter((name) => excludeByName[name] !== true && (name in indexByName || queried.length === 1))
    .sort((a, b) => (indexByName[a] ?? 99) - (indexByName[b] ?? 99));
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  const head = line(
    columns.map((name) => renameByName[name] ?? name),
    'th',
  );
  const body = [...rows.values()].map((row) =>
    line(
      columns.map((name) => row[name] ?? ''),
      'td',
    ),
  );
  return `<table>${head}${body.join('')}</table>`;
}
