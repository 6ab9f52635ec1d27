import { Registry } from 'prom-client';
import type { ExportHealth } from '../../src/telemetry/tracing/export/export-health.ts';

/** What the sending of traces reports, from the call of `report` on: lines of the log with their level, and metrics. */
export function exportReport(health: ExportHealth) {
  const registry = new Registry();
  const lines: string[] = [];
  const add = (level: string) => (fields: object, text: string) =>
    void lines.push(`${level} ${text} ${JSON.stringify(fields)}`);
  const log = { warn: add('warn'), info: add('info') };
  return { lines, registry, report: () => health.report({ log: log as never, registry }) };
}
