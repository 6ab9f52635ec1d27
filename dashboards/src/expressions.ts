/** PromQL that panels and alerts share. */

export const requestCount = 'http_server_request_duration_seconds_count';
export const requestBuckets = 'http_server_request_duration_seconds_bucket';

/** Per second. */
export function rate(metric: string, selector: string, window: string): string {
  return `rate(${metric}{${selector}}[${window}])`;
}

export function sumRate(by: string, metric: string, selector: string, window: string): string {
  return `sum by (${by}) (${rate(metric, selector, window)})`;
}

/** @param by further labels than `le`, '' for none */
export function quantile(q: number, by: string, buckets: string, selector: string, window: string): string {
  const labels = by === '' ? 'le' : `le, ${by}`;
  return `histogram_quantile(${q}, ${sumRate(labels, buckets, selector, window)})`;
}

/** The mean of what a histogram observed. */
export function mean(by: string, histogram: string, selector: string, window: string): string {
  const sum = (suffix: string) => sumRate(by, `${histogram}_${suffix}`, selector, window);
  return `${sum('sum')} / ${sum('count')}`;
}

/** Counts by bucket, as a heatmap wants them. */
export function bucketIncrease(buckets: string, selector: string, window: string): string {
  return `sum by (le) (increase(${buckets}{${selector}}[${window}]))`;
}
