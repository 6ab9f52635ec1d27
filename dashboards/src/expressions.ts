/** PromQL that panels and alerts share. */

/** Labels of a store. */
export const by = 'namespace, kvstore';

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

/** A metric's series that the selector picks; '' for all. */
const pick = (metric: string, selector: string) => (selector === '' ? metric : `${metric}{${selector}}`);

/** Versions that serve, by store. */
export function versions(selector = ''): string {
  return `count by (${by}) (count by (${by}, version) (${pick('kvstore_build_info', selector)}))`;
}

/** KvStores whose condition Ready is false, without those that are to have no replica. */
export function notReady(selector = ''): string {
  return `${pick('kvstore_ready', selector)} == 0 and ${pick('kvstore_replicas_desired', selector)} > 0`;
}

/** KvStores with replicas that are not of the newest revision. */
export function rollingOut(selector: string): string {
  return `${pick('kvstore_replicas_updated', selector)} < ${pick('kvstore_replicas_desired', selector)}`;
}

/** KvStores whose rollout gets no further until somebody changes something. */
export function stalledRollout(selector = ''): string {
  const condition = (labels: string) =>
    `kvstore_condition{${[labels, selector].filter((each) => each !== '').join(', ')}}`;
  const isStalled = condition('type="Stalled", status="True"');
  return `${condition('type="Progressing", status="True", reason="RollingOut"')} and on (namespace, name) ${isStalled}`;
}

/** Of each process, in half an hour. */
export function restarts(selector: string): string {
  return `changes(${pick('process_start_time_seconds', selector)}[30m])`;
}

/** Seconds between the clock of a replica and that of Prometheus. */
export function clockSkew(selector = ''): string {
  const time = pick('kvstore_time_seconds', selector);
  return `abs(${time} - timestamp(${time}))`;
}

/** Seconds since a backup was last completed. */
export function backupAge(selector = ''): string {
  return `time() - ${pick('kvstore_backup_last_success_timestamp_seconds', selector)}`;
}

/** Seconds for which there has been a schedule of backups that was never due and completed none. */
export function backupNeverDue(selector = ''): string {
  const times = ['schedule', 'success'].map((what) => pick(`kvstore_backup_last_${what}_timestamp_seconds`, selector));
  const since = pick('kvstore_backup_scheduled_since_timestamp_seconds', selector);
  return `(time() - ${since}) unless (${times.join(' or ')})`;
}

/** Seconds for which every reconcile of a KvStore has failed. */
export function reconcileFailing(selector = ''): string {
  return `time() - ${pick('kvstore_reconcile_failing_since_timestamp_seconds', selector)}`;
}

/** Seconds that are left of a certificate of etcd. */
export function certificateLeft(selector = ''): string {
  return `${pick('kvstore_certificate_expiry_timestamp_seconds', selector)} - time()`;
}

/** Members of etcd that Prometheus cannot scrape, or that know no leader: one that is cut off may answer Prometheus. */
export function membersDown(selector: string): string {
  return `up{${selector}} == 0 or etcd_server_has_leader{${selector}} == 0`;
}

/** Part of etcd's quota that a member's database takes. */
export function quotaUsed(selector: string): string {
  return `${pick('etcd_mvcc_db_total_size_in_bytes', selector)} / ${pick('etcd_server_quota_backend_bytes', selector)}`;
}

/** Cores that a process can use: one, or the limit of its container where that is less. */
export function coresOf(selector: string): string {
  const one = `${pick('process_cpu_seconds_total', selector)} * 0 + 1`;
  return `(clamp_max(${pick('kvstore_cpu_limit_cores', selector)}, 1) or ${one})`;
}

/** Part of each volume that is free, as the kubelets measure it. */
export function volumeLeft(selector: string): string {
  return `kubelet_volume_stats_available_bytes{${selector}} / kubelet_volume_stats_capacity_bytes{${selector}}`;
}
