/** Where a panel turns orange and red. */
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';

export interface Limits {
  /** Red from here on: an alert's number. */
  readonly bad?: number;
  /** Orange from here on: a ticket's number, or the objective itself. */
  readonly warn?: number;
  /** Low values are the bad ones: green from `good` on, below it orange, below `bad` red. */
  readonly good?: number;
}

export function limitsConfig({ bad, warn, good }: Limits): ThresholdsConfigBuilder {
  const low = [
    { value: null, color: 'red' },
    { value: bad ?? null, color: 'orange' },
    { value: good ?? null, color: 'green' },
  ];
  const high = [
    { value: null, color: 'green' },
    { value: warn ?? null, color: 'orange' },
    { value: bad ?? null, color: 'red' },
  ];
  const steps = (good === undefined ? high : low).filter(({ value }, index) => index === 0 || value !== null);
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** Texts in place of single values. */
export function words(texts: Readonly<Record<string, string>>): ValueMapping[] {
  const options = Object.fromEntries(Object.entries(texts).map(([value, text], index) => [value, { text, index }]));
  return [{ type: MappingType.ValueToText, options }];
}

export const readyOrNot = words({ 0: 'Not ready', 1: 'Ready' });
