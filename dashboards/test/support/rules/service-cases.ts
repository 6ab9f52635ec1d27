/** Cases of the alerts about the service's replicas. */
import {
  each,
  type InputSeries,
  of,
  operator,
  owner,
  pod,
  podName,
  type RuleCase,
  replica,
  requestCount,
} from './series.ts';

const three = [replica(1), replica(2), replica(3)];
const shed = (perMinute: number): InputSeries => ({
  [of('kvstore_http_problems_total', { ...pod, code: 'overloaded' })]: `0+${perMinute}x30`,
  [of('kvstore_http_problems_total', { ...pod, code: 'invalid-key' })]: '0+900x30',
  [requestCount('/set', '200')]: `0+${1000 - perMinute}x30`,
});
const tokens = (successful: string): InputSeries => ({
  [of('kvstore_tokens_last_reload_successful', pod)]: successful,
  [of('kvstore_tokens', { ...pod, access: 'read' })]: '2x30',
  [of('kvstore_tokens', { ...pod, access: 'write' })]: '1x30',
});
const versions = (older: string, newer: string): InputSeries => ({
  [of('kvstore_build_info', { ...replica(1), version: '1.0.0' })]: older,
  [of('kvstore_build_info', { ...replica(2), version: '1.1.0' })]: newer,
});
const resyncs = (cause: string, values: string): InputSeries => ({
  [of('kvstore_resyncs_total', { ...pod, cause })]: values,
});
const dropped = (what: string, values: string, labels: Readonly<Record<string, string>> = {}): InputSeries => ({
  [of(`kvstore_${what}_dropped_total`, { ...pod, ...labels })]: values,
});
const damage = (values: string): InputSeries => ({
  [of('kvstore_data_damage_total', { ...pod, part: 'value' })]: values,
});

export const serviceCases: Readonly<Record<string, RuleCase>> = {
  KvStoreDown: {
    firing: each('up', three, '1x5 0x15'),
    labels: owner,
    shown: ['3'],
    quiet: {
      'one replica is left': { ...each('up', three, '1x5 0x15'), ...each('up', [replica(1)], '1x20') },
      flapping: each('up', three, '1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0'),
      'scaled to 0': each('up', three, '1x5 stale'),
      'the operator is down': each('up', [operator], '0x20'),
    },
    at: 12,
  },
  KvStoreReplicaDown: {
    firing: { ...each('up', [pod], '0x10'), ...each('up', [replica(2), replica(3)], '1x10') },
    labels: pod,
    shown: ['2'],
    quiet: {
      'all answer': each('up', three, '1x10'),
      'a restart': each('up', [pod], '0x3 1x6'),
      flapping: each('up', [pod], '0 0 1 0 0 1 0 0 1 0'),
      'the operator is down': each('up', [operator], '0x10'),
      'the pod was deleted': each('up', [pod], '0x3 stale'),
    },
    at: 9,
  },
  KvStoreReplicaRestarting: {
    firing: { [of('process_start_time_seconds', pod)]: '1x5 2x5 3x5 4x5' },
    labels: pod,
    shown: ['3'],
    quiet: { 'a rollout': { [of('process_start_time_seconds', pod)]: '1x5 2x5 3x10' } },
    at: 20,
  },
  KvStoreReplicaLag: {
    firing: { [of('kvstore_index_lag_revisions', pod)]: '500x20' },
    labels: pod,
    shown: ['500'],
    quiet: { flapping: { [of('kvstore_index_lag_revisions', pod)]: '500x3 0 500x3 0 500x3 0 500x10' } },
    at: 15,
  },
  KvStoreWriteQueueFilling: {
    firing: { [of('kvstore_write_queue', pod)]: '6000x10' },
    labels: pod,
    shown: ['6k'],
    quiet: {
      'a short queue': { [of('kvstore_write_queue', pod)]: '4000x10' },
      flapping: { [of('kvstore_write_queue', pod)]: '9000 0 9000 0 9000 0 9000 0 9000 0' },
    },
    at: 8,
  },
  KvStoreReaderCutOff: {
    // As a replica gets them that is cut off for long.
    firing: each('kvstore_notices_total', [replica(2)], '0x2 1x5 2x20'),
    labels: owner,
    shown: ['2'],
    quiet: {
      'a replica was killed': each('kvstore_notices_total', [replica(2)], '0x5 1x20'),
      'one every 15 minutes': each('kvstore_notices_total', [replica(2)], '0x1 1x14 2x10'),
      'long ago': each('kvstore_notices_total', three, '4x25'),
    },
    at: 12,
  },
  KvStoreSheddingLoad: {
    firing: shed(50),
    labels: owner,
    shown: ['5%'],
    quiet: {
      'a burst': {
        ...shed(0),
        [of('kvstore_http_problems_total', { ...pod, code: 'overloaded' })]: '0x15 900x15',
      },
      'one of 200': shed(5),
      'no traffic': { [of('kvstore_http_problems_total', { ...pod, code: 'overloaded' })]: '0x30' },
    },
    at: 25,
  },
  KvStoreHistoryReplaced: {
    firing: resyncs('restored', '0x5 1x10'),
    labels: { ...pod, cause: 'restored' },
    shown: ['1'],
    quiet: { 'long ago': resyncs('restored', '1x15'), 'a new pod': resyncs('first', '0x5 1x10') },
    at: 10,
  },
  KvStoreDataDamaged: {
    firing: damage('0x5 1x20'),
    labels: { ...podName, part: 'value' },
    shown: ['1'],
    quiet: { none: damage('0x30'), 'long ago': damage('3x30') },
    at: 10,
  },
  KvStoreDataFolderLost: {
    firing: { [of('kvstore_data_folder_lost', pod)]: '0x5 1x20', [of('kvstore_keys', pod)]: '1200x25' },
    labels: pod,
    shown: ['1.2k'],
    quiet: { 'it is there': { [of('kvstore_data_folder_lost', pod)]: '0x30' } },
    at: 10,
  },
  KvStoreTokensNotTaken: {
    firing: tokens('1x5 0x20'),
    labels: pod,
    shown: ['3'],
    quiet: { 'they are taken': tokens('1x25'), flapping: tokens('1x3 0x3 1 0x3 1 0x3 1 0x3') },
    at: 15,
  },
  KvStoreTlsExpiring: {
    // Time begins at 0 in promtool.
    firing: { [of('kvstore_tls_certificate_expiry_timestamp_seconds', pod)]: `${6 * 86_400}x60` },
    labels: pod,
    shown: ['5d 23h 15m 0s'],
    quiet: { 'renewed in time': { [of('kvstore_tls_certificate_expiry_timestamp_seconds', pod)]: `${8 * 86_400}x60` } },
    at: 45,
  },
  KvStoreSlowReader: {
    firing: { [of('kvstore_snapshot_growth_bytes', pod)]: `0x5 ${1024 ** 3 * 0.75}x10` },
    labels: pod,
    shown: ['768Mi'],
    quiet: {
      'a fast reader': { [of('kvstore_snapshot_growth_bytes', pod)]: '1000000x20' },
      'no answer is streamed': { [of('kvstore_snapshot_growth_bytes', pod)]: '0x20' },
    },
    at: 10,
  },
  KvStoreLogLinesDropped: {
    firing: dropped('log_lines', '0x5 30x20'),
    labels: pod,
    shown: ['30'],
    quiet: { none: dropped('log_lines', '0x30'), 'long ago': dropped('log_lines', '30x30') },
    at: 12,
  },
  KvStoreAuditLinesDropped: {
    firing: dropped('audit_lines', '0x5 30x20', { action: 'refused' }),
    labels: { ...podName, action: 'refused' },
    shown: ['30'],
    quiet: { none: dropped('audit_lines', '0x30', { action: 'write' }) },
    at: 12,
  },
  KvStoreTracesDropped: {
    firing: dropped('trace_spans', '0x5 0+60x40'),
    labels: podName,
    shown: ['600'],
    quiet: {
      none: dropped('trace_spans', '0x40'),
      'the collector restarts: a burst': dropped('trace_spans', '0x20 500x20'),
    },
    at: 35,
  },
  KvStoreClockSkew: {
    // Time begins at 0 in promtool.
    firing: { [of('kvstore_time_seconds', pod)]: '90+60x30' },
    labels: pod,
    shown: ['1m 30s'],
    quiet: {
      'the same time': { [of('kvstore_time_seconds', pod)]: '1+60x30' },
      'set right': { [of('kvstore_time_seconds', pod)]: '90+60x8 541+60x30' },
    },
    at: 25,
  },
  KvStoreVersionsMixed: {
    firing: versions('1x90', '1x90'),
    labels: owner,
    shown: ['2'],
    quiet: {
      'a rollout': versions('1x50 stale', '_x20 1x70'),
      'one version': versions('1x90', ''),
      'a canary that comes and goes': versions('1x90', '1x30 stale _x4 1x30 stale _x4 1x20'),
    },
    at: 80,
  },
};
