/** Alerts about the members of etcd, from etcd's own metrics. */
import { by, membersDown, quantile, quotaUsed, volumeLeft } from '../expressions.ts';
import { type Alert, kvStoreName, label, storeName, value } from './alert.ts';
import type { Numbers } from './thresholds.ts';

const member = `${storeName}, etcd member ${label('pod')}`;
const up = 'up{component="etcd"}';
const fsync = quantile(0.99, `${by}, pod`, 'etcd_disk_wal_fsync_duration_seconds_bucket', 'component="etcd"', '5m');
/** Falls to nothing when a member is down, so members that know a leader are compared with all that are scraped. */
const hasLeader = 'etcd_server_has_leader{component="etcd"}';
const led = `sum by (${by}) (${hasLeader})`;
const members = `count by (${by}) (${up})`;
const knowing = `(${led} or 0 * ${members})`;
const size = 'etcd_mvcc_db_total_size_in_bytes{component="etcd"}';
const quota = 'etcd_server_quota_backend_bytes{component="etcd"}';
const used = quotaUsed('component="etcd"');
const claims = 'persistentvolumeclaim=~"data-.*-etcd-[0-9]+"';
const available = `kubelet_volume_stats_available_bytes{${claims}}`;
const left = volumeLeft(claims);
const volume = `${label('namespace')}, volume ${label('persistentvolumeclaim')}`;

export function etcdAlerts(numbers: Numbers): readonly Alert[] {
  const within = numbers.fillsWithinSeconds;
  const full = `predict_linear(${size}[1h], ${within}) / ${quota}`;
  const empty = `predict_linear(${available}[1h], ${within})`;
  return [
    {
      name: 'KvStoreEtcdNoQuorum',
      severity: 'page',
      reason: 'Page: every write and every linearizable read fails.',
      for: '2m',
      wait: 'Longer than an election, and than the pods of a deleted store take to go.',
      expr: `${knowing} <= ${members} / 2`,
      signals: [led, members],
      subject: 'store',
      dashboard: 'kvstore-operator',
      summary: `${storeName}: writes and reads fail with 503; only stale reads work.`,
      description: `Members that know a leader: ${value.number}, which is no majority. Usual causes: lost nodes, volumes that cannot be mounted, a NetworkPolicy between the members.`,
    },
    {
      name: 'KvStoreEtcdMemberDown',
      severity: 'ticket',
      reason: 'Ticket: the others decide; KvStoreEtcdNoQuorum pages when too few are left.',
      for: '5m',
      wait: 'Longer than a member takes to restart.',
      expr: `(${membersDown('component="etcd"')}) + on (${by}) group_left () ${knowing}`,
      signals: [up, hasLeader, led],
      subject: 'member',
      dashboard: 'kvstore-operator',
      summary: `${member}: it does not answer, or knows no leader; one more loss may stop writes.`,
      description: `Other members that know a leader: ${value.number}. Usual causes: the node is gone, the member is out of memory, its disk is full, its network is cut.`,
    },
    {
      name: 'KvStoreEtcdAlarm',
      severity: 'page',
      reason: 'Page: writes fail.',
      for: '2m',
      wait: 'The operator makes room and disarms NOSPACE by itself within that time, where it can.',
      expr: 'kvstore_etcd_alarms > 0',
      signals: ['kvstore_etcd_alarms'],
      subject: 'kvstore',
      dashboard: 'kvstore-operator',
      summary: `${kvStoreName}: writes fail, because etcd raises ${label('alarm')}.`,
      description: `Members that raise it: ${value.number}. NOSPACE: the database has reached its quota. CORRUPT: a member's data differs from that of the others.`,
    },
    {
      name: 'KvStoreEtcdNoSpaceNear',
      severity: 'ticket',
      reason: 'Ticket: writes go on; KvStoreEtcdNoSpaceSoon pages before they stop.',
      for: '10m',
      wait: 'Longer than the operator takes to compact and defragment.',
      expr: `${used} > ${numbers.quotaUsed}`,
      signals: [used],
      subject: 'member',
      dashboard: 'kvstore-operator',
      summary: `${member}: writes will fail with 507 "storage-full" when its database reaches the quota.`,
      description: `${value.percent} of the quota is used. Usual causes: more data, or history that was not compacted.`,
    },
    {
      name: 'KvStoreEtcdNoSpaceSoon',
      severity: 'page',
      reason: 'Page: writes fail before the morning.',
      for: '10m',
      wait: 'The slope of 1 h, and 10 m more: an import that ends is no trend. Below half of the quota nothing is predicted.',
      expr: `${used} > ${numbers.quotaNearlyUsed} or (${used} > 0.5 and ${full} > 1)`,
      signals: [used, full],
      subject: 'member',
      dashboard: 'kvstore-operator',
      summary: `${member}: writes will fail with 507 "storage-full" within hours.`,
      description: `${value.percent} of the quota is used, and the rest will be used soon. Usual causes: an import, a client that writes in a loop, keys that nothing deletes.`,
    },
    {
      name: 'KvStoreEtcdVolumeFilling',
      severity: 'ticket',
      reason: 'Ticket: the member goes on; KvStoreEtcdVolumeFullSoon pages before it stops.',
      for: '10m',
      wait: 'Snapshots and log files that etcd removes by itself come and go within that time.',
      expr: `${left} < ${numbers.volumeLeft}`,
      signals: [left],
      subject: 'volume',
      dashboard: 'kvstore-operator',
      summary: `${volume}: a member of etcd stops when it is full.`,
      description: `${value.percent} is left. Usual causes: the quota is too near to the size of the volume, or other files on it.`,
    },
    {
      name: 'KvStoreEtcdVolumeFullSoon',
      severity: 'page',
      reason: 'Page: a member stops before the morning, and the others fill at the same pace.',
      for: '10m',
      wait: 'The slope of 1 h, and 10 m more. While more than 40% is left nothing is predicted.',
      expr: `${left} < ${numbers.volumeNearlyFull} or (${left} < 0.4 and ${empty} < 0)`,
      signals: [left, empty],
      subject: 'volume',
      dashboard: 'kvstore-operator',
      summary: `${volume}: a member of etcd stops within hours, and writes with it if others fill too.`,
      description: `${value.percent} is left, and will be used soon. Usual causes: an import, a client that writes in a loop.`,
    },
    {
      name: 'KvStoreEtcdSlowDisk',
      severity: 'ticket',
      reason: 'Ticket: writes are slow; the latency alerts page when users notice.',
      for: '10m',
      wait: 'A quantile of 5 m, for 10 m: one backup on the same disk does not count.',
      expr: `${fsync} > ${numbers.fsyncSeconds}`,
      signals: [fsync],
      subject: 'member',
      dashboard: 'kvstore-operator',
      summary: `${member}: writes are slow, because its disk is.`,
      description: `One in a hundred flushes of its log takes ${value.duration} or longer; etcd advises 10ms. Usual causes: a shared or throttled disk, backups on the same disk.`,
    },
  ];
}
