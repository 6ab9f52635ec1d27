/** Cases of the alerts about KvStores as the operator sees them, and about the operator. */
import { day, type InputSeries, kvStore, named, of, operator, type RuleCase } from './series.ts';

const expiryOf = (certificate: string) => of('kvstore_certificate_expiry_timestamp_seconds', { ...named, certificate });
const due = of('kvstore_backup_last_schedule_timestamp_seconds', named);
const since = of('kvstore_backup_scheduled_since_timestamp_seconds', named);
const done = of('kvstore_backup_last_success_timestamp_seconds', named);
const leading = (values: string): InputSeries => ({ [of('leader_election_master_status', operator)]: values });
const longest = (values: string): InputSeries => ({
  [of('workqueue_longest_running_processor_seconds', { ...operator, name: 'kvstore' })]: values,
});
const failing = (values: string): InputSeries => kvStore({ kvstore_reconcile_failing_since_timestamp_seconds: values });
const condition = (type: string, reason: string): InputSeries => ({
  [of('kvstore_condition', { ...named, type, status: 'True', reason })]: '1x30',
});
const ready = (isReady: string, replicas: string, desired = '3x30'): InputSeries =>
  kvStore({ kvstore_ready: isReady, kvstore_replicas_ready: replicas, kvstore_replicas_desired: desired });
const replicas = (values: string, desired = '3x30', paused = '0x30'): InputSeries =>
  kvStore({ kvstore_replicas_ready: values, kvstore_replicas_desired: desired, kvstore_paused: paused });

const rollingOut = condition('Progressing', 'RollingOut');
const stalled = condition('Stalled', 'ImagePullBackOff');

/** The old replicas serve, and the new ones never will. */
export const stuckBehindOldReplicas: InputSeries = { ...replicas('3x30'), ...rollingOut, ...stalled };

export const operatorCases: Readonly<Record<string, RuleCase>> = {
  KvStoreNotReady: {
    firing: ready('0x30', '1x30'),
    labels: named,
    shown: ['1'],
    quiet: {
      ready: ready('1x30', '3x30'),
      'scaled to 0': ready('0x30', '0x30', '0x30'),
      'ready after some minutes': ready('0x3 1x20', '0x3 3x20'),
      flapping: ready('0x2 1 0x2 1 0x2 1 0x2 1 0x2 1', '2x30'),
      'the store was deleted': ready('0x3 stale', '0x3 stale', '3x3 stale'),
    },
    at: 9,
  },
  KvStoreDegraded: {
    firing: {
      ...kvStore({ kvstore_degraded: '1x30' }),
      [of('kvstore_condition', { ...named, type: 'Degraded', status: 'True', reason: 'ImagePullBackOff' })]: '1x30',
    },
    labels: named,
    shown: ['ImagePullBackOff'],
    quiet: {
      well: kvStore({ kvstore_degraded: '0x30' }),
      'a rollout': kvStore({ kvstore_degraded: '1x10 0x20' }),
      flapping: kvStore({ kvstore_degraded: '1x9 0 1x9 0 1x10' }),
    },
    at: 25,
  },
  KvStoreRolloutStuck: {
    firing: replicas('2x30'),
    labels: named,
    shown: ['2'],
    quiet: {
      complete: replicas('3x30'),
      paused: replicas('2x30', '3x30', '1x30'),
      'scaled to 0': replicas('0x30', '0x30'),
      'a rollout': replicas('3x5 2x10 3x15'),
      'a long rollout that gets on': { ...replicas('3x30'), ...rollingOut },
      'stalled for another reason': { ...replicas('3x30'), ...stalled },
    },
    at: 25,
  },
  // Time begins at 0 in promtool: the values are nearly the seconds that are left.
  KvStoreCertificateExpiring: {
    firing: { [expiryOf('client')]: `${19 * day}x90`, [expiryOf('ca')]: `${400 * day}x90` },
    labels: { ...named, certificate: 'client' },
    shown: ['18d 22h 40m 0s'],
    quiet: {
      'time is left': { [expiryOf('client')]: `${31 * day}x90`, [expiryOf('ca')]: `${364 * day}x90` },
      renewed: { [expiryOf('client')]: `${19 * day}x10 ${89 * day}x80` },
    },
    at: 80,
  },
  KvStoreCertificateEndsSoon: {
    firing: { [expiryOf('member')]: `${2 * day}x90` },
    labels: { ...named, certificate: 'member' },
    shown: ['1d 22h 40m 0s'],
    quiet: {
      'weeks are left': { [expiryOf('member')]: `${19 * day}x90` },
      renewed: { [expiryOf('member')]: `${2 * day}x78 ${89 * day}x80` },
    },
    at: 80,
  },
  KvStoreBackupFailed: {
    firing: { [due]: '600x90', [done]: '60x90' },
    labels: named,
    shown: ['1h 10m 0s'],
    quiet: {
      done: { [due]: '600x90', [done]: '630x90' },
      'two that took half an hour each': { [due]: '3600x59 7200x30', [done]: '60x29 5400x29 9000x30' },
      'made by hand before the first one was due': { [done]: `${day}x90` },
    },
    at: 80,
  },
  KvStoreBackupTooOld: {
    // A step is an hour.
    firing: { [done]: '60x240' },
    labels: named,
    shown: ['8d 7h 59m 0s'],
    quiet: {
      'a backup of yesterday': { [done]: `${day}x240` },
      'a new one': { [done]: `60x100 ${4 * day}x140` },
      'no backup yet': { [due]: '60x240' },
    },
    at: 200,
    step: 60,
  },
  KvStoreBackupNeverDue: {
    // A step is an hour.
    firing: { [since]: '60x240' },
    labels: named,
    shown: ['8d 7h 59m 0s'],
    quiet: {
      'a new schedule': { [since]: `${4 * day}x240` },
      'due once': { [since]: '60x240', [due]: '3600x240' },
      'made by hand': { [since]: '60x240', [done]: '3600x240' },
      'the schedule was removed just now': { [since]: '60x199 stale' },
      'a new one': { [since]: `60x100 stale ${5 * day}x100` },
    },
    at: 200,
    step: 60,
  },
  KvStoreOperatorDown: {
    firing: leading('0x30'),
    labels: {},
    shown: ['0'],
    quiet: { 'one leads': leading('1x30'), 'a change of the leader': leading('1x10 0x5 1x15') },
    at: 25,
  },
  KvStoreReconcileFailing: {
    firing: failing('60x40'),
    labels: named,
    shown: ['34m 0s'],
    quiet: {
      'it began just now': failing('_x28 1680x12'),
      flapping: failing('60x10 stale 660x10 stale 1320x10 stale 1980x10'),
      'the store was deleted': failing('60x10 stale'),
    },
    at: 35,
  },
  KvStoreReconcileStuck: {
    firing: longest('0+60x30'),
    labels: { ...operator, name: 'kvstore' },
    shown: ['25m 0s'],
    quiet: { short: longest('10x30'), flapping: longest('400x3 0 400x3 0 400x3 0 400x3 0 400x3 0 400x3 0 400x3 0') },
    at: 25,
  },
};
