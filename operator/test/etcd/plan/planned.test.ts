/** Restarts that the operator makes itself are nothing that is wrong. */
import test from 'ava';
import { plan } from '../../../src/etcd/plan/plan.ts';
import type { Step } from '../../../src/etcd/plan/situation.ts';
import { type Change, names, now, recorded, seat, silent, situation } from './situations.ts';

const before = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();
const restarting = { ordinal: 2, pod: 'former', since: before(10) };

function trouble(ordinal: number, text: string) {
  const { pod } = silent(ordinal);
  return silent(ordinal, pod === undefined ? {} : { pod: { ...pod, running: false, trouble: text } });
}

const cases: readonly (readonly [string, Change, Partial<Step>])[] = [
  [
    'a member that the operator restarts',
    { seats: [seat(0), seat(1), silent(2)], state: { restarting } },
    { reason: 'EtcdRestarting', degraded: false },
  ],
  [
    'one that is not back after two minutes',
    { seats: [seat(0), seat(1), silent(2)], state: { restarting: { ...restarting, since: before(121) } } },
    { reason: 'EtcdMembersNotReady', degraded: true },
  ],
  [
    'one whose pod cannot start',
    { seats: [seat(0), seat(1), trouble(2, 'ImagePullBackOff: no such tag')], state: { restarting } },
    {
      reason: 'EtcdMembersNotReady',
      degraded: true,
      message: 'not ready: shop-etcd-2; ImagePullBackOff: no such tag',
    },
  ],
  [
    'another one beside it',
    { wanted: { members: 3 }, seats: [seat(0), silent(1), silent(2)], state: { restarting } },
    { reason: 'EtcdMembersNotReady', degraded: true },
  ],
  [
    'the only member',
    {
      wanted: { members: 1 },
      list: 'none',
      seats: [silent(0)],
      state: { members: { 0: recorded(0) }, restarting: { ...restarting, ordinal: 0 } },
    },
    { reason: 'EtcdRestarting' },
  ],
  [
    'the only member, whose pod cannot start',
    {
      wanted: { members: 1 },
      list: 'none',
      seats: [trouble(0, 'ErrImagePull')],
      state: { members: { 0: recorded(0) }, restarting: { ...restarting, ordinal: 0 } },
    },
    {
      reason: 'EtcdQuorumLost',
      degraded: true,
      message: 'no quorum: 0 of 1 members answer; ErrImagePull',
    },
  ],
];
for (const [title, change, expected] of cases) test(title, (t) => t.like(plan(situation(change)), expected));

test('a restart is recorded before the pod goes, and forgotten when the member is back in another pod and has settled', (t) => {
  const { pod } = seat(2);
  const old = pod === undefined ? {} : { pod: { ...pod, template: 'old' } };
  const step = plan(situation({ seats: [seat(0), seat(1), seat(2, old)] }));
  t.deepEqual(step.action, { kind: 'delete-pod', name: names.pod(2), uid: 'p2' });
  t.deepEqual(step.state?.restarting, { ordinal: 2, pod: 'p2', since: now.toISOString() });
  t.is(plan(situation({ state: { restarting } })).reason, 'EtcdReady');
  const back = plan(situation({ state: { restarting: { ...restarting, since: before(30) } } }));
  t.is(back.reason, 'EtcdRecording');
  t.is(back.state?.restarting, undefined);
  const still = plan(
    situation({ seats: [seat(0), seat(1), seat(2, old)], state: { restarting: { ...restarting, pod: 'p2' } } }),
  );
  t.is(still.action?.kind, 'delete-pod');
});
