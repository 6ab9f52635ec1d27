/** A panel's words and colour for a value, as Grafana chooses them. */
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { format } from './format.ts';

export interface Shown {
  readonly text: string;
  /** A name of a threshold: green, orange, red. Undefined: there is no value, or the panel has no thresholds. */
  readonly color: string | undefined;
}

/** @param value NaN: there is none */
export function shownAs(panel: Panel, value: number): Shown {
  const { mappings = [], thresholds, noValue, unit = 'short' } = panel.fieldConfig?.defaults ?? {};
  if (Number.isNaN(value)) return { text: noValue ?? '', color: undefined };
  const step = thresholds?.steps.findLast((each) => each.value === null || value >= each.value);
  const words = mappings.flatMap((mapping) => (mapping.type === 'value' ? [mapping.options] : []));
  const text = words.find((each) => String(value) in each)?.[String(value)]?.text ?? format(value, unit);
  return { text, color: step?.color };
}
