/** Single values of Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats). */

/** The first value of a metric; undefined when there is none. */
export function metricValue(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}(?:\\{[^\\n]*\\})? (\\S+)`, 'm').exec(text)?.[1];
  const value = Number(found);
  return found === undefined || Number.isNaN(value) ? undefined : value;
}

/** The sum of a metric over all its labels; 0 when there is none. */
export function metricSum(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^\\n]*\\})? (\\S+)`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + (Number(value) || 0), 0);
}

/** A label of the first series of a metric. */
export function metricLabel(text: string, name: string, label: string): string | undefined {
  return new RegExp(`^${name}\\{[^\\n]*?\\b${label}="([^"\\n]*)"`, 'm').exec(text)?.[1];
}
