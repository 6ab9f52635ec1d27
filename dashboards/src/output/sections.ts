/** Files of which a part is generated. */
import { alertsDoc } from './alerts-doc.ts';
import { chartTemplate, chartThresholds } from './chart.ts';

/** Files outside dashboards/generated, by their path from the root of the repository, from what is there now. */
export async function renderOthers(read: (path: string) => Promise<string>): Promise<Record<string, string>> {
  const between = async (path: string, open: string, close: string, text: string) => {
    const [before, rest] = (await read(path)).split(open);
    const after = rest?.split(close)[1];
    if (after === undefined) throw new Error(`${path} has no section between ${open} and ${close}`);
    return `${before}${open}${text}${close}${after}`;
  };
  const [open, close] = ['    # Thresholds: made by npm run dashboards.\n', '    # End of the thresholds.\n'];
  return {
    'charts/kvstore/templates/prometheus-rule.yaml': chartTemplate(),
    'charts/kvstore/values.yaml': await between('charts/kvstore/values.yaml', open, close, chartThresholds()),
    'docs/alerts.md': await between('docs/alerts.md', '<!-- alerts -->', '<!-- /alerts -->', `\n\n${alertsDoc()}\n\n`),
  };
}
