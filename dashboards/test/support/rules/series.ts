/** Series in promtool's notation, for the cases and scenes of the alerts. */

/** Series and their values; promtool's `a+bxn` is a, a+b, … n more times, `axn` the same value, `_` none. */
export type InputSeries = Readonly<Record<string, string>>;

export interface RuleCase {
  readonly firing: InputSeries;
  /** Labels of the alert that fires, besides its name and severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the templates of its description give, in their order, those of labels left out. */
  readonly shown: readonly string[];
  /** Series that must not make it fire, by what they stand for. */
  readonly quiet: Readonly<Record<string, InputSeries>>;
  /** Values after the start at which to look. */
  readonly at: number;
  /** Minutes between two values; 1 unless it says so. */
  readonly step?: number;
}

export const of = (metric: string, labels: Readonly<Record<string, string>>) =>
  `${metric}{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;

export const owner = { namespace: 'web', kvstore: 'shop' };
export const replica = (n: number) => ({ ...owner, pod: `shop-${n}`, component: 'service' });
export const pod = replica(1);
/** Its labels once something is summed up by replica. */
export const podName = { ...owner, pod: 'shop-1' };
export const member = (n: number) => ({ ...owner, pod: `shop-etcd-${n}`, component: 'etcd' });
export const named = { namespace: 'web', name: 'shop' };
export const operator = { component: 'operator', namespace: 'kvstore-system', pod: 'operator-1' };
export const day = 86_400;

/** The same values for a metric with several sets of labels. */
export const each = (
  metric: string,
  labels: readonly Readonly<Record<string, string>>[],
  values: string,
): InputSeries => Object.fromEntries(labels.map((one) => [of(metric, one), values]));

export const kvStore = (metrics: Readonly<Record<string, string>>): InputSeries =>
  Object.fromEntries(Object.entries(metrics).map(([metric, values]) => [of(metric, named), values]));

export const requestCount = (route: string, status: string, labels: Readonly<Record<string, string>> = pod) =>
  of('http_server_request_duration_seconds_count', {
    ...labels,
    http_route: route,
    http_response_status_code: status,
  });
