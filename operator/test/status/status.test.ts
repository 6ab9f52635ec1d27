import type { V1Deployment, V1DeploymentCondition } from '@kubernetes/client-node';
import test from 'ava';
import { ForeignObjectError } from '../../src/apply/ownership.ts';
import type { EtcdOutcome } from '../../src/etcd/contract.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import type { KvStore } from '../../src/kvstore.ts';
import { faultOf } from '../../src/reconcile/fault.ts';
import { buildStatus, type Findings } from '../../src/status/status.ts';
import { noTroubles } from '../../src/trouble/troubles.ts';
import { settled } from '../support/fake-etcd.ts';
import { kvStore } from '../support/kvstore.ts';

const noon = new Date('2026-01-01T12:00:00.123Z');

function deployment(pods: number, conditions: V1DeploymentCondition[] = []): V1Deployment {
  const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: pods, availableReplicas: pods };
  return { metadata: { generation: 1 }, status: { ...counts, observedGeneration: 1, conditions } };
}

/** An etcd that had all its members once. */
const formed = { etcd: { members: 3, readyMembers: 3 } };

function reasons(found: Partial<Findings>, kvstore: KvStore = kvStore({}, formed)): Record<string, string> {
  const findings = { deployment: deployment(3), etcd: settled(3), faults: [], ...found };
  const { conditions = [] } = buildStatus(kvstore, findings, noon);
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

test('all well', (t) => {
  t.deepEqual(reasons({}), {
    Ready: 'True AllReplicasAvailable',
    Progressing: 'False Settled',
    Degraded: 'False AsExpected',
    Open: 'True EveryHost',
  });
});

const outcome = (changes: Partial<EtcdOutcome>): EtcdOutcome => ({ ...settled(3), ...changes });
/** Its controller has not looked at it yet. */
const corrected = (before: V1Deployment): V1Deployment => ({
  ...before,
  metadata: { ...before.metadata, generation: 8 },
  status: { ...before.status, observedGeneration: 7 },
});
const stuck = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'x' };
const cases: readonly [title: string, found: Partial<Findings>, expected: Record<string, string>][] = [
  [
    'all pods down',
    { deployment: deployment(0) },
    { Ready: 'False ReplicasUnavailable', Progressing: 'True RollingOut' },
  ],
  [
    'no Deployment yet',
    { deployment: undefined },
    { Ready: 'False ReplicasUnavailable', Progressing: 'True RollingOut' },
  ],
  ['etcd without quorum', { etcd: outcome({ readyMembers: 1 }) }, { Ready: 'False EtcdUnavailable' }],
  ['etcd with one member down', { etcd: outcome({ readyMembers: 2 }) }, { Ready: 'True AllReplicasAvailable' }],
  ['etcd at work', { etcd: outcome({ settled: false, reason: 'Growing' }) }, { Progressing: 'True Growing' }],
  ['etcd in trouble', { etcd: outcome({ degraded: true, reason: 'QuorumLost' }) }, { Degraded: 'True QuorumLost' }],
  [
    'an image of etcd that cannot be pulled',
    { etcd: outcome({ degraded: true, settled: false, reason: 'EtcdImageUnusable' }) },
    { Degraded: 'True EtcdImageUnusable', Stalled: 'True EtcdImageUnusable' },
  ],
  ['a rollout that is stuck', { deployment: deployment(3, [stuck]) }, { Degraded: 'True RolloutStuck' }],
  [
    'a member that is restarted on purpose, and takes more than a minute',
    {
      etcd: outcome({ settled: false, reason: 'EtcdRestarting', readyMembers: 2 }),
      troubles: {
        ...noTroubles,
        etcd: [
          { subject: 'pod shop-etcd-1', reason: 'NotReady', message: 'pod shop-etcd-1: NotReady', isExplained: false },
        ],
      },
    },
    { Degraded: 'False AsExpected', Progressing: 'True EtcdRestarting' },
  ],
  [
    'a rollout that was stuck, of a spec that was corrected since',
    { deployment: corrected(deployment(3, [stuck])) },
    { Degraded: 'False AsExpected' },
  ],
  [
    'a foreign object',
    { faults: [faultOf(new ForeignObjectError({ kind: 'Service' }))] },
    { Degraded: 'True ObjectConflict', Progressing: 'True Retrying' },
  ],
  [
    'a restore at work',
    { restore: { finding: { status: 'False', reason: 'Restoring', message: '' }, holdsUp: 'Restoring', start: false } },
    {
      Ready: 'False Restoring',
      Progressing: 'True Restoring',
      Degraded: 'False AsExpected',
      Restored: 'False Restoring',
    },
  ],
  [
    'a restore that failed',
    {
      restore: { finding: { status: 'False', reason: 'Failed', message: '' }, holdsUp: 'RestoreFailed', start: false },
    },
    { Ready: 'False RestoreFailed', Progressing: 'False Settled', Degraded: 'True RestoreFailed' },
  ],
  [
    'a restore that found other data',
    { restore: { finding: { status: 'False', reason: 'OtherData', message: '' }, start: false } },
    { Ready: 'True AllReplicasAvailable', Degraded: 'True OtherData', Restored: 'False OtherData' },
  ],
  [
    'a refusal, which is not tried again',
    { faults: [faultOf(new KubeError(422, 'Invalid', 'no'))] },
    { Degraded: 'True Refused', Progressing: 'False Stalled', Stalled: 'True Refused' },
  ],
  [
    'a refusal and what may pass',
    { faults: [faultOf(new KubeError(422, 'Invalid', 'no')), faultOf(new Error('x'))] },
    { Degraded: 'True Refused', Progressing: 'True Retrying' },
  ],
  ['a missing right', { faults: [faultOf(new KubeError(403, 'Forbidden', 'no'))] }, { Degraded: 'True Forbidden' }],
  ['anything else', { faults: [faultOf(new Error('x'))] }, { Degraded: 'True ReconcileError' }],
];
for (const [title, found, expected] of cases) {
  test(title, (t) => t.like(reasons(found), expected));
}

test('a new etcd has all its members before anything is ready; later a quorum is enough', (t) => {
  const next = (kvstore: KvStore, readyMembers: number) => {
    const etcd = outcome({ readyMembers, settled: false });
    return buildStatus(kvstore, { deployment: deployment(3), etcd, faults: [] }, noon);
  };
  const readyOf = ({ conditions = [] }: ReturnType<typeof next>) => {
    const { status, reason } = conditions.find(({ type }) => type === 'Ready') ?? {};
    return `${status} ${reason}`;
  };
  let status = next(kvStore(), 0);
  for (const readyMembers of [1, 2]) {
    t.is(readyOf(status), 'False EtcdForming');
    status = next(kvStore({}, status), readyMembers);
  }
  t.is(readyOf(status), 'False EtcdForming');
  status = next(kvStore({}, status), 3);
  t.is(readyOf(status), 'True AllReplicasAvailable');
  status = next(kvStore({}, status), 2);
  t.is(readyOf(status), 'True AllReplicasAvailable');
  status = next(kvStore({}, status), 1);
  t.is(readyOf(status), 'False EtcdUnavailable');
  status = next(kvStore({}, status), 2);
  t.is(readyOf(status), 'True AllReplicasAvailable');
});

test('without replicas it is not ready, and that is no fault', (t) => {
  const none = { metadata: { generation: 1 }, status: { observedGeneration: 1 } };
  t.deepEqual(reasons({ deployment: none }, kvStore({ replicas: 0 })), {
    Ready: 'False ScaledToZero',
    Progressing: 'False Settled',
    Degraded: 'False AsExpected',
    Open: 'True EveryHost',
  });
});

test('the time of a condition changes with its status only', (t) => {
  const first = buildStatus(kvStore(), { deployment: deployment(3), etcd: settled(3), faults: [] }, noon);
  t.is(first.conditions?.[0]?.lastTransitionTime, '2026-01-01T12:00:00Z');
  const later = new Date('2026-01-01T13:00:00Z');
  const same = buildStatus(kvStore({}, first), { deployment: deployment(3), etcd: settled(3), faults: [] }, later);
  t.deepEqual(same, first);
  const down = buildStatus(kvStore({}, first), { deployment: deployment(1), etcd: settled(3), faults: [] }, later);
  t.is(down.conditions?.[0]?.lastTransitionTime, '2026-01-01T13:00:00Z');
  t.is(down.conditions?.[2]?.lastTransitionTime, '2026-01-01T12:00:00Z');
});

test('a new spec that a passing fault stopped is not observed yet, one that is refused is', (t) => {
  const observed = (faults: readonly unknown[], status: KvStore['status'] = { observedGeneration: 6 }) =>
    buildStatus(kvStore({}, status), { deployment: deployment(3), etcd: settled(3), faults: faults.map(faultOf) }, noon)
      .observedGeneration;
  t.is(observed([]), 7);
  t.is(observed([new KubeError(409, 'Conflict', 'later')]), 6);
  t.is(observed([new Error('a Secret cannot be read')]), 6);
  t.is(observed([new KubeError(422, 'Invalid', 'no')]), 7);
  t.is(observed([new ForeignObjectError({ kind: 'Service' })]), 7);
  t.is(observed([new Error('x')], {}), 7, 'of a new KvStore there is nothing to hold back');
});

test('old replicas that serve are not ready for a spec that is refused', (t) => {
  const refused = [faultOf(new KubeError(422, 'Invalid', 'no'))];
  const { conditions } = buildStatus(
    kvStore({}, formed),
    { deployment: deployment(3), etcd: settled(3), faults: refused },
    noon,
  );
  t.like(
    conditions?.find(({ type }) => type === 'Ready'),
    { status: 'True', observedGeneration: 6 },
  );
});

test('an etcd without quorum is not ready either when it could not be looked at', (t) => {
  const known = { etcd: { members: 3, readyMembers: 1 } };
  const found = { etcd: undefined, faults: [faultOf(new Error('x'))] };
  t.like(reasons(found, kvStore({}, known)), { Ready: 'False EtcdUnavailable' });
});

test('while etcd could not be looked at, what was last known of it stays', (t) => {
  const known = { etcd: { members: 3, readyMembers: 3, version: '3.6.16' } };
  const found = { deployment: deployment(3), etcd: undefined, faults: [faultOf(new Error('x'))] };
  t.deepEqual(buildStatus(kvStore({}, known), found, noon).etcd, known.etcd);
});
