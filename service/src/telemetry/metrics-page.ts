/** The text of /metrics. To put it together takes milliseconds: it is made at most once a second, for all who ask. */
import { keptFor } from '@kvstore/core/kept-for.ts';
import { Registry } from 'prom-client';
import { type TextAnswer, textAnswer } from '../answers/answer.ts';
import { notStored } from '../answers/cache-control.ts';
import { openMetricsText } from './open-metrics.ts';

export interface MetricsPageOptions {
  readonly registry: Registry;
  /** Milliseconds that a text is used for. */
  readonly maxAge: number;
  /** In milliseconds, monotonic. */
  readonly now?: () => number;
}

export interface MetricsPage {
  /** Prometheus's text format. */
  plain(): Promise<TextAnswer>;
  /** OpenMetrics, which can name sampled requests. */
  open(): Promise<TextAnswer>;
}

export function metricsPage({ registry, maxAge, now }: MetricsPageOptions): MetricsPage {
  const answer = (type: string, make: () => Promise<string>) =>
    keptFor(maxAge, async () => textAnswer(200, [...notStored, 'Content-Type', type], await make()), now);
  return {
    plain: answer(registry.contentType, () => registry.metrics()),
    open: answer(Registry.OPENMETRICS_CONTENT_TYPE, () => openMetricsText(registry)),
  };
}
