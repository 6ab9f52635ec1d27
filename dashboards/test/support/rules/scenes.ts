/** What happens to a store without anything being wrong: no alert may fire. A value a minute, for three hours. */
import { each, type InputSeries, kvStore, member, named, of, operator, replica, requestCount } from './series.ts';

const replicas = [replica(1), replica(2), replica(3)];
const members = [member(0), member(1), member(2)];
const later = 10_000_000;

/** The operator, and what is always there when it looks after a store. */
const operatorSeries: InputSeries = {
  ...each('up', [operator], '1x180'),
  [of('leader_election_master_status', operator)]: '1x180',
  [of('workqueue_longest_running_processor_seconds', operator)]: '0x180',
};

interface Course {
  /** Of each replica's and member's series of up. */
  readonly up: readonly string[];
  readonly etcdUp: readonly string[];
  readonly leader: string;
  readonly ready: string;
  readonly readyReplicas: string;
  readonly desired: string;
  readonly degraded: string;
  readonly requests: string;
  readonly refused: string;
  readonly version: readonly string[];
  readonly started: readonly string[];
  /** Everything else: the same value while the store is there. */
  readonly rest: (value: number | string) => string;
}

const calm: Course = {
  up: ['1x180', '1x180', '1x180'],
  etcdUp: ['1x180', '1x180', '1x180'],
  leader: '1x180',
  ready: '1x180',
  readyReplicas: '3x180',
  desired: '3x180',
  degraded: '0x180',
  requests: '0+6000x180',
  refused: '0x180',
  version: ['1.0.0', '1.0.0', '1.0.0'],
  started: ['1x180', '1x180', '1x180'],
  rest: (value) => `${value}x180`,
};

function seriesOf(changes: Partial<Course>): InputSeries {
  const course = { ...calm, ...changes };
  const { rest } = course;
  const ofReplicas = replicas.map((labels, i) => ({
    [of('up', labels)]: course.up[i] ?? '',
    [of('kvstore_build_info', { ...labels, version: course.version[i] ?? '' })]:
      course.up[i]?.replace(/^0x\d+/, '') ?? '',
    [of('process_start_time_seconds', labels)]: course.started[i] ?? '',
    [of('kvstore_index_lag_revisions', labels)]: rest(0),
    [of('kvstore_write_queue', labels)]: rest(0),
    [of('kvstore_notices_total', labels)]: rest(0),
    [of('kvstore_log_lines_dropped_total', labels)]: rest(0),
    [of('kvstore_trace_spans_dropped_total', labels)]: rest(0),
    [of('kvstore_audit_lines_dropped_total', { ...labels, action: 'write' })]: rest(0),
    [of('kvstore_snapshot_growth_bytes', labels)]: rest(0),
    [of('kvstore_data_folder_lost', labels)]: rest(0),
    [of('kvstore_data_damage_total', { ...labels, part: 'value' })]: rest(0),
    [of('kvstore_resyncs_total', { ...labels, cause: 'first' })]: rest(1),
    [of('kvstore_resyncs_total', { ...labels, cause: 'restored' })]: rest(0),
    [of('kvstore_tokens_last_reload_successful', labels)]: rest(1),
    [of('kvstore_tokens', { ...labels, access: 'read' })]: rest(1),
    [of('kvstore_http_problems_total', { ...labels, code: 'overloaded' })]: course.refused,
    ...(course.requests === '' ? {} : { [requestCount('/set', '200', labels)]: course.requests }),
  }));
  const ofMembers = members.map((labels, i) => ({
    [of('up', labels)]: course.etcdUp[i] ?? '',
    [of('etcd_server_has_leader', labels)]: course.leader,
    [of('etcd_mvcc_db_total_size_in_bytes', labels)]: rest(20_480),
    [of('etcd_server_quota_backend_bytes', labels)]: rest(2_147_483_648),
    [of('etcd_disk_wal_fsync_duration_seconds_bucket', { ...labels, le: '0.128' })]: rest(4),
    [of('etcd_disk_wal_fsync_duration_seconds_bucket', { ...labels, le: '+Inf' })]: rest(4),
  }));
  return Object.assign(
    { ...operatorSeries },
    ...ofReplicas,
    ...ofMembers,
    kvStore({
      kvstore_ready: course.ready,
      kvstore_replicas_ready: course.readyReplicas,
      kvstore_replicas_desired: course.desired,
      kvstore_degraded: course.degraded,
      kvstore_paused: rest(0),
    }),
    {
      [of('kvstore_etcd_alarms', { ...named, alarm: 'NOSPACE' })]: rest(0),
      [of('kvstore_certificate_expiry_timestamp_seconds', { ...named, certificate: 'client' })]: rest(later),
      [of('kvstore_certificate_expiry_timestamp_seconds', { ...named, certificate: 'ca' })]: rest(10 * later),
    },
  );
}

const gone = (value: number | string) => `${value}x30 stale`;

export const scenes: Readonly<Record<string, InputSeries>> = {
  'a store in use': seriesOf({}),
  'a fresh store without traffic': seriesOf({
    up: ['_x5 0 1x174', '_x5 0 1x174', '_x5 0x2 1x172'],
    etcdUp: ['_x3 0x2 1x174', '_x3 0x2 1x174', '_x3 0x2 1x174'],
    leader: '_x3 0x1 1x175',
    ready: '0x4 1x175',
    readyReplicas: '0x4 3x175',
    degraded: '0 1x3 0x175',
    requests: '',
    rest: (value) => `_x5 ${value}x174`,
  }),
  'a rollout': seriesOf({
    up: ['1x30 0 stale', '1x33 0 stale', '_x30 0x2 1x147'],
    version: ['1.0.0', '1.0.0', '1.1.0'],
    started: ['1x30', '1x33', '_x31 1860x148'],
    readyReplicas: '3x30 2x5 3x144',
    degraded: '0x30 1x5 0x144',
    refused: '0x30 0+100x2 200x147',
  }),
  'a rollout of etcd, member by member': seriesOf({
    etcdUp: ['1x30 0x3 1x146', '1x36 0x3 1x140', '1x42 0x3 1x134'],
    ready: '1x30 0 1x149',
  }),
  'scaled to 0': seriesOf({
    up: ['1x30 stale', '1x30 stale', '1x30 stale'],
    started: [gone(1), gone(1), gone(1)],
    ready: '1x30 0x150',
    readyReplicas: '3x30 0x150',
    desired: '3x30 0x150',
    requests: '0+6000x30 stale',
    refused: gone(0),
  }),
  'a store that is deleted': seriesOf({
    up: ['1x30 0x2 stale', '1x30 0x2 stale', '1x30 0 stale'],
    etcdUp: ['1x30 0x2 stale', '1x30 0x2 stale', '1x30 0 stale'],
    started: [gone(1), gone(1), gone(1)],
    leader: gone(1),
    ready: '1x30 0 stale',
    readyReplicas: '3x30 0 stale',
    desired: '3x31 stale',
    degraded: gone(0),
    requests: '0+6000x30 stale',
    refused: gone(0),
    rest: gone,
  }),
  'scrapes that fail now and then': seriesOf({
    up: ['1x20 0x2 1x40 0 1x116', '1x100 0x2 1x77', '1x60 0 1x118'],
    requests: '0+6000x20 _x2 138000+6000x158',
    leader: '1x20 _x2 1x158',
  }),
  'everything flaps': seriesOf({
    up: Array.from({ length: 3 }, () => '0 0 1 '.repeat(60).trim()),
    etcdUp: Array.from({ length: 3 }, () => '0 1 1 '.repeat(60).trim()),
    ready: '0 0 1 '.repeat(60).trim(),
    readyReplicas: '2 2 3 '.repeat(60).trim(),
    degraded: '1 1 0 '.repeat(60).trim(),
  }),
};
