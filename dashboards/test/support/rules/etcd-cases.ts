/** Cases of the alerts about the members of etcd. */
import { each, type InputSeries, member, named, of, owner, pod, type RuleCase } from './series.ts';

/** @param le005 of 100 flushes, those that took up to 0.064 s */
const fsync = (le005: number, pace = (count: number) => `0+${count}x30`): InputSeries =>
  Object.fromEntries(
    Object.entries({ '0.064': le005, '0.256': 100, '+Inf': 100 }).map(([le, count]) => [
      of('etcd_disk_wal_fsync_duration_seconds_bucket', { ...member(0), le }),
      pace(count),
    ]),
  );
const leaders = (...values: string[]): InputSeries =>
  Object.fromEntries([
    ...values.map((value, n) => [of('etcd_server_has_leader', member(n)), value]),
    ...values.map((value, n) => [of('up', member(n)), value.startsWith('_') ? '0x20' : '1x20']),
  ]);
/** Of a quota of 1000. */
const space = (size: string): InputSeries => ({
  [of('etcd_mvcc_db_total_size_in_bytes', member(0))]: size,
  [of('etcd_server_quota_backend_bytes', member(0))]: '1000x400',
});
/** Of 100. */
const volume = (available: string, claim = 'data-shop-etcd-0'): InputSeries => {
  const labels = { namespace: 'web', persistentvolumeclaim: claim };
  return {
    [of('kubelet_volume_stats_available_bytes', labels)]: available,
    [of('kubelet_volume_stats_capacity_bytes', labels)]: '100x400',
  };
};
const alarm = (values: string): InputSeries => ({
  [of('kvstore_etcd_alarms', { ...named, alarm: 'NOSPACE' })]: values,
});
const claim = { namespace: 'web', persistentvolumeclaim: 'data-shop-etcd-0' };
const two = [member(0), member(2)];
const ledByTwo = each('etcd_server_has_leader', two, '1x10');

/** It answers Prometheus, and none of the other members. */
export const cutOffMember: InputSeries = {
  ...each('up', [...two, member(1)], '1x10'),
  ...each('etcd_server_has_leader', [member(1)], '0x10'),
  ...ledByTwo,
};

export const etcdCases: Readonly<Record<string, RuleCase>> = {
  KvStoreEtcdNoQuorum: {
    firing: leaders('0x20', '_x20', '_x20'),
    labels: owner,
    shown: ['0'],
    quiet: {
      'all know a leader': leaders('1x20', '1x20', '1x20'),
      'one is lost': leaders('1x20', '1x20', '_x20'),
      'an election': leaders('1x8 0 1x11', '1x8 0 1x11', '1x8 0 1x11'),
      'the store was deleted': { ...leaders('1x5 stale'), ...each('up', [member(0)], '1x5 stale') },
    },
    at: 10,
  },
  KvStoreEtcdMemberDown: {
    firing: { ...each('up', [member(1)], '0x10'), ...each('up', two, '1x10'), ...ledByTwo },
    labels: member(1),
    shown: ['2'],
    quiet: {
      'all answer': each('up', two, '1x10'),
      'a replica of the service': each('up', [pod], '0x10'),
      'an election': {
        ...each('up', [member(1)], '1x10'),
        ...each('etcd_server_has_leader', [member(1)], '1x3 0x2 1x5'),
      },
      flapping: each('up', [member(1)], '0 0 1 0 0 1 0 0 1 0'),
      'a restart': each('up', [member(1)], '1x3 0x3 1x4'),
    },
    at: 9,
  },
  KvStoreEtcdAlarm: {
    firing: alarm('3x10'),
    labels: { ...named, alarm: 'NOSPACE' },
    shown: ['3'],
    quiet: { none: alarm('0x10'), 'the operator made room': alarm('3x1 0x9'), flapping: alarm('3 0 3 0 3 0 3 0 3 0') },
    at: 5,
  },
  KvStoreEtcdNoSpaceNear: {
    firing: space('850x400'),
    labels: member(0),
    shown: ['85%'],
    quiet: { 'half is used': space('500x400'), 'defragmented in time': space('700x300 850x5 400x95') },
    at: 310,
  },
  KvStoreEtcdNoSpaceSoon: {
    // 2 a minute: 480 in four hours.
    firing: space('100+2x400'),
    labels: member(0),
    shown: ['72%'],
    quiet: {
      'full, and not growing': space('900x400'),
      'a slow growth': space('100+0.1x400'),
      'the first import of a new store': space('0+4x60 240x340'),
      'an import that ends': space('550x250 550+4x15 610x135'),
    },
    at: 310,
  },
  KvStoreEtcdVolumeFilling: {
    firing: volume('10x20'),
    labels: claim,
    shown: ['10%'],
    quiet: {
      'enough is left': volume('20x20'),
      'a volume of something else': volume('10x20', 'data-of-others'),
      flapping: volume('10x8 20 10x8 20 10x8'),
    },
    at: 15,
  },
  KvStoreEtcdVolumeFullSoon: {
    firing: volume('50-0.1x400'),
    labels: claim,
    shown: ['19%'],
    quiet: {
      'half is left': volume('90-0.1x400'),
      'little is left, and it stays': volume('10x400'),
      'a volume of something else': volume('50-0.1x400', 'data-of-others'),
    },
    at: 310,
  },
  KvStoreEtcdSlowDisk: {
    firing: fsync(90),
    labels: { ...owner, pod: 'shop-etcd-0' },
    shown: ['236.8ms'],
    quiet: { fast: fsync(100), 'no write': fsync(90, () => '5x30') },
    at: 25,
  },
};
