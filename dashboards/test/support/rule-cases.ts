/** For every alert: series that make it fire, and series that must not, in promtool's notation. */

/** Series and their values; promtool's `a+bxn` is a, a+b, … n more times, `axn` the same value, `_` none. */
export type InputSeries = Readonly<Record<string, string>>;

export interface RuleCase {
  readonly firing: InputSeries;
  /** Labels of the alert that fires, besides its name and severity. */
  readonly labels: Readonly<Record<string, string>>;
  readonly quiet: readonly InputSeries[];
  /** Values after the start at which to look. */
  readonly at: number;
  /** Minutes between two values; 1 unless it says so. */
  readonly step?: number;
}

const owner = { namespace: 'web', kvstore: 'shop' };
const of = (metric: string, labels: Record<string, string>) =>
  `${metric}{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;

const pod = { ...owner, pod: 'shop-1', component: 'service' };
const member = (n: number) => ({ ...owner, pod: `shop-etcd-${n}`, component: 'etcd' });
const named = { namespace: 'web', name: 'shop' };
const day = 86_400;
const expiryOf = (certificate: string) => of('kvstore_certificate_expiry_timestamp_seconds', { ...named, certificate });
const backupDue = of('kvstore_backup_last_schedule_timestamp_seconds', named);
const backedUp = of('kvstore_backup_last_success_timestamp_seconds', named);
const operator = { component: 'operator', namespace: 'kvstore-system', pod: 'operator-1' };

/** 1000 requests a step, of which so many are bad. */
function requests(route: string, badPerMille: number, steps: number): InputSeries {
  const count = (status: string) =>
    of('http_server_request_duration_seconds_count', {
      ...pod,
      http_route: route,
      http_response_status_code: status,
    });
  return { [count('200')]: `0+${1000 - badPerMille}x${steps}`, [count('503')]: `0+${badPerMille}x${steps}` };
}

function slowRequests(slowPerMille: number, steps: number): InputSeries {
  const labels = { ...pod, http_route: '/get/{key}', http_response_status_code: '200' };
  return {
    [of('http_server_request_duration_seconds_bucket', {
      ...labels,
      le: '0.1',
    })]: `0+${1000 - slowPerMille}x${steps}`,
    [of('http_server_request_duration_seconds_bucket', { ...labels, le: '+Inf' })]: `0+1000x${steps}`,
    [of('http_server_request_duration_seconds_count', labels)]: `0+1000x${steps}`,
  };
}

/** Only successes: the series of failures does not exist. */
function allWell(steps: number): InputSeries {
  const labels = { ...pod, http_route: '/set', http_response_status_code: '200' };
  return { [of('http_server_request_duration_seconds_count', labels)]: `0+1000x${steps}` };
}

/** Bad for 30 steps, then well again: the short window ends the alert. */
function over(steps: number): InputSeries {
  const count = (status: string) =>
    of('http_server_request_duration_seconds_count', { ...pod, http_route: '/set', http_response_status_code: status });
  return { [count('200')]: `0+900x30 27000+1000x${steps}`, [count('503')]: `0+100x30 3000x${steps}` };
}

const availability = (badPerMille: number, well: number, steps: number, step = 1): RuleCase => ({
  firing: requests('/set', badPerMille, steps),
  labels: owner,
  quiet: [requests('/set', well, steps), allWell(steps), over(steps), requests('/readyz', 1000, steps)],
  at: steps,
  step,
});
const latency = (slowPerMille: number, well: number, steps: number, step = 1): RuleCase => ({
  firing: slowRequests(slowPerMille, steps),
  labels: owner,
  quiet: [slowRequests(well, steps)],
  at: steps,
  step,
});

const fsync = (le005: number): InputSeries =>
  Object.fromEntries(
    Object.entries({ '0.064': le005, '0.256': 100, '+Inf': 100 }).map(([le, count]) => [
      of('etcd_disk_wal_fsync_duration_seconds_bucket', { ...member(0), le }),
      `0+${count}x30`,
    ]),
  );
const leaders = (...values: string[]): InputSeries =>
  Object.fromEntries([
    ...values.map((value, n) => [of('etcd_server_has_leader', member(n)), value]),
    ...values.map((value, n) => [of('up', member(n)), value.includes('_') ? '0x20' : '1x20']),
  ]);
const space = (size: string): InputSeries => ({
  [of('etcd_mvcc_db_total_size_in_bytes', member(0))]: size,
  [of('etcd_server_quota_backend_bytes', member(0))]: '1000x400',
});
const volume = (available: number, claim = 'data-shop-etcd-0'): InputSeries => {
  const labels = { namespace: 'web', persistentvolumeclaim: claim };
  return {
    [of('kubelet_volume_stats_available_bytes', labels)]: `${available}x20`,
    [of('kubelet_volume_stats_capacity_bytes', labels)]: '100x20',
  };
};
const kvStore = (metrics: Readonly<Record<string, string>>): InputSeries =>
  Object.fromEntries(Object.entries(metrics).map(([metric, values]) => [of(metric, named), values]));

export const ruleCases: Readonly<Record<string, RuleCase>> = {
  KvStoreAvailabilityBurnFast: availability(20, 10, 90),
  KvStoreAvailabilityBurnMedium: availability(10, 5, 84, 5),
  KvStoreAvailabilityBurnSlow: availability(2, 0, 150, 30),
  KvStoreLatencyBurnFast: latency(200, 100, 90),
  KvStoreLatencyBurnMedium: latency(100, 50, 84, 5),
  KvStoreLatencyBurnSlow: latency(20, 5, 150, 30),
  KvStoreReplicaDown: {
    firing: { [of('up', pod)]: '0x10' },
    labels: pod,
    quiet: [{ [of('up', pod)]: '1x10' }, { [of('up', pod)]: '0x3 1x6' }, { [of('up', operator)]: '0x10' }],
    at: 9,
  },
  KvStoreReplicaRestarting: {
    firing: { [of('process_start_time_seconds', pod)]: '1x5 2x5 3x5 4x5' },
    labels: pod,
    quiet: [{ [of('process_start_time_seconds', pod)]: '1x5 2x5 3x10' }],
    at: 20,
  },
  KvStoreReplicaLag: {
    firing: { [of('kvstore_index_lag_revisions', pod)]: '500x20' },
    labels: pod,
    quiet: [{ [of('kvstore_index_lag_revisions', pod)]: '500x3 0 500x3 0 500x3 0 500x10' }],
    at: 15,
  },
  KvStoreWriteQueueFilling: {
    firing: { [of('kvstore_write_queue', pod)]: '6000x10' },
    labels: pod,
    quiet: [{ [of('kvstore_write_queue', pod)]: '4000x10' }, { [of('kvstore_write_queue', pod)]: '0x6 9000 0x5' }],
    at: 8,
  },
  KvStoreHistoryReplaced: {
    firing: { [of('kvstore_resyncs_total', { ...pod, cause: 'restored' })]: '0x5 1x10' },
    labels: { ...pod, cause: 'restored' },
    quiet: [
      { [of('kvstore_resyncs_total', { ...pod, cause: 'restored' })]: '0x15' },
      { [of('kvstore_resyncs_total', { ...pod, cause: 'first' })]: '0x5 1x10' },
    ],
    at: 10,
  },
  KvStoreDataDamaged: {
    firing: { [of('kvstore_data_damage_total', { ...owner, pod: 'shop-1', part: 'value' })]: '0x5 1x20' },
    labels: { ...owner, pod: 'shop-1', part: 'value' },
    quiet: [
      { [of('kvstore_data_damage_total', { ...owner, pod: 'shop-1', part: 'value' })]: '0x30' },
      // Long ago.
      { [of('kvstore_data_damage_total', { ...owner, pod: 'shop-1', part: 'value' })]: '3x30' },
    ],
    at: 10,
  },
  KvStoreDataFolderLost: {
    firing: { [of('kvstore_data_folder_lost', pod)]: '0x5 1x20' },
    labels: pod,
    quiet: [{ [of('kvstore_data_folder_lost', pod)]: '0x30' }],
    at: 10,
  },
  KvStoreDataFileGrowing: {
    firing: { [of('kvstore_snapshot_growth_bytes', pod)]: '0x5 300000000x20' },
    labels: pod,
    quiet: [
      { [of('kvstore_snapshot_growth_bytes', pod)]: '200000000x30' },
      { [of('kvstore_snapshot_growth_bytes', pod)]: '0x10 300000000x3 0x10' },
    ],
    at: 15,
  },
  KvStoreTokensNotTaken: {
    firing: { [of('kvstore_tokens_last_reload_successful', pod)]: '1x5 0x20' },
    labels: pod,
    quiet: [
      { [of('kvstore_tokens_last_reload_successful', pod)]: '1x25' },
      { [of('kvstore_tokens_last_reload_successful', pod)]: '1x12 0x2 1x10' },
    ],
    at: 15,
  },
  KvStoreEtcdNoQuorum: {
    firing: leaders('0x20', '_x20', '_x20'),
    labels: owner,
    quiet: [leaders('1x20', '1x20', '1x20'), leaders('1x20', '1x20', '_x20')],
    at: 10,
  },
  KvStoreEtcdMemberDown: {
    firing: { [of('up', member(1))]: '0x10' },
    labels: member(1),
    quiet: [{ [of('up', member(1))]: '1x10' }, { [of('up', pod)]: '0x10' }],
    at: 9,
  },
  KvStoreEtcdAlarm: {
    firing: { [of('kvstore_etcd_alarms', { ...named, alarm: 'NOSPACE' })]: '3x10' },
    labels: { ...named, alarm: 'NOSPACE' },
    quiet: [
      { [of('kvstore_etcd_alarms', { ...named, alarm: 'NOSPACE' })]: '0x10' },
      // The operator made room.
      { [of('kvstore_etcd_alarms', { ...named, alarm: 'NOSPACE' })]: '3x1 0x9' },
    ],
    at: 5,
  },
  KvStoreEtcdNoSpaceNear: {
    firing: space('850x400'),
    labels: member(0),
    quiet: [space('700x400'), space('100+0.1x400')],
    at: 390,
  },
  KvStoreEtcdVolumeFilling: {
    firing: volume(10),
    labels: { namespace: 'web', persistentvolumeclaim: 'data-shop-etcd-0' },
    quiet: [volume(20), volume(10, 'data-of-others')],
    at: 15,
  },
  KvStoreEtcdSlowDisk: {
    firing: fsync(90),
    labels: { ...owner, pod: 'shop-etcd-0' },
    quiet: [fsync(100)],
    at: 25,
  },
  KvStoreNotReady: {
    firing: kvStore({ kvstore_ready: '0x10', kvstore_replicas_desired: '3x10' }),
    labels: named,
    quiet: [
      kvStore({ kvstore_ready: '1x10', kvstore_replicas_desired: '3x10' }),
      kvStore({ kvstore_ready: '0x10', kvstore_replicas_desired: '0x10' }),
      kvStore({ kvstore_ready: '0x3 1x7', kvstore_replicas_desired: '3x10' }),
    ],
    at: 9,
  },
  KvStoreDegraded: {
    firing: kvStore({ kvstore_degraded: '1x30' }),
    labels: named,
    quiet: [kvStore({ kvstore_degraded: '0x30' }), kvStore({ kvstore_degraded: '1x10 0x20' })],
    at: 25,
  },
  KvStoreRolloutStuck: {
    firing: kvStore({ kvstore_replicas_ready: '2x30', kvstore_replicas_desired: '3x30', kvstore_paused: '0x30' }),
    labels: named,
    quiet: [
      kvStore({ kvstore_replicas_ready: '3x30', kvstore_replicas_desired: '3x30', kvstore_paused: '0x30' }),
      kvStore({ kvstore_replicas_ready: '2x30', kvstore_replicas_desired: '3x30', kvstore_paused: '1x30' }),
    ],
    at: 25,
  },
  // Time begins at 0 in promtool: the values are the seconds that are left.
  KvStoreCertificateExpiring: {
    firing: { [expiryOf('client')]: `${19 * day}x90`, [expiryOf('ca')]: `${400 * day}x90` },
    labels: { ...named, certificate: 'client' },
    quiet: [
      { [expiryOf('client')]: `${31 * day}x90`, [expiryOf('ca')]: `${364 * day}x90` },
      { [expiryOf('client')]: `${19 * day}x10 ${89 * day}x80` },
    ],
    at: 80,
  },
  KvStoreBackupFailed: {
    firing: { [backupDue]: `${2 * day}x90`, [backedUp]: `${day}x90` },
    labels: named,
    quiet: [
      { [backupDue]: `${2 * day}x90`, [backedUp]: `${2 * day + 30}x90` },
      // Two that took half an hour each.
      { [backupDue]: '3600x59 7200x30', [backedUp]: '60x29 5400x29 9000x30' },
      // Made by hand before the first one was due.
      { [backedUp]: `${day}x90` },
    ],
    at: 80,
  },
  KvStoreBackupTooOld: {
    // Time begins at 0 in promtool, and a step is an hour.
    firing: { [backedUp]: '60x240' },
    labels: named,
    quiet: [{ [backedUp]: `${day}x240` }, { [backedUp]: `60x100 ${4 * day}x140` }, { [backupDue]: '60x240' }],
    at: 200,
    step: 60,
  },
  KvStoreOperatorDown: {
    firing: { [of('leader_election_master_status', operator)]: '0x30' },
    labels: {},
    quiet: [{ [of('leader_election_master_status', operator)]: '1x30' }],
    at: 25,
  },
  KvStoreReconcileFailing: {
    firing: { [of('controller_runtime_reconcile_errors_total', { ...operator, controller: 'kvstore' })]: '0+1x40' },
    labels: { ...operator, controller: 'kvstore' },
    quiet: [
      { [of('controller_runtime_reconcile_errors_total', { ...operator, controller: 'kvstore' })]: '7x40' },
      { [of('controller_runtime_reconcile_errors_total', { ...operator, controller: 'kvstore' })]: '0x20 1x20' },
    ],
    at: 35,
  },
  KvStoreReconcileStuck: {
    firing: { [of('workqueue_longest_running_processor_seconds', { ...operator, name: 'kvstore' })]: '0+60x30' },
    labels: { ...operator, name: 'kvstore' },
    quiet: [{ [of('workqueue_longest_running_processor_seconds', { ...operator, name: 'kvstore' })]: '10x30' }],
    at: 25,
  },
};
