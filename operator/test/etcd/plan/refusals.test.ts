/** Members that refuse a change of membership although all are ready. */
import test from 'ava';
import { plan } from '../../../src/etcd/plan/plan.ts';
import type { Step } from '../../../src/etcd/plan/situation.ts';
import type { Refused } from '../../../src/etcd/state.ts';
import { type Change, member, names, now, recorded, seat, silent, situation } from './situations.ts';

const before = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();
const what = `add ${names.peerURL(4)}`;
const four = [0, 1, 2, 3];
const members = Object.fromEntries(four.map((ordinal) => [ordinal, recorded(ordinal)]));

/** Four of five members are there, and they have refused to add the fifth. */
function refused(change: Partial<Refused>, other: Change = {}): Step {
  return plan(
    situation({
      wanted: { members: 5 },
      list: four.map((ordinal) => member(ordinal)),
      seats: four.map((ordinal) => seat(ordinal)),
      ...other,
      state: { members, refused: { what, since: before(31), restarted: [], ...change }, ...other.state },
    }),
  );
}

test('for half a minute the operator retries', (t) => {
  const step = refused({ since: before(29) });
  t.is(step.action?.kind, 'add-learner');
  t.falsy(step.degraded);
});

test('then a follower is restarted, which Degraded says', (t) => {
  const step = refused({});
  t.deepEqual(step.action, { kind: 'delete-pod', name: names.pod(1), uid: 'p1' });
  t.like(step, { degraded: true, reason: 'EtcdChangeRefused' });
  t.regex(step.message, /shop-etcd-1 is restarted: all members are ready but refuse a change/);
  t.deepEqual(step.state?.refused, { what, since: now.toISOString(), restarted: ['m1'] });
  t.deepEqual(step.state?.restarting, { ordinal: 1, pod: 'p1', since: now.toISOString() });
});

test('each once, the leader last, then no more', (t) => {
  const restarted = [['m1'], ['m1', 'm2'], ['m1', 'm2', 'm3']].map((ids) => refused({ restarted: ids }).action);
  t.deepEqual(
    restarted.map((action) => (action?.kind === 'delete-pod' ? action.name : action?.kind)),
    [2, 3, 0].map((ordinal) => names.pod(ordinal)),
  );
  const step = refused({ restarted: ['m0', 'm1', 'm2', 'm3'] });
  t.is(step.action?.kind, 'add-learner');
  t.like(step, { degraded: true, reason: 'EtcdChangeRefused' });
});

test('none while another one is not ready', (t) => {
  const step = refused({}, { seats: [seat(0), seat(1), seat(2), silent(3)] });
  t.is(step.action, undefined);
  t.like(step, { reason: 'EtcdMembersNotReady', degraded: true });
  // A call that was not made was not refused: the operator retries it for half a minute first.
  t.is(step.state?.refused?.since, now.toISOString());
});

test('none of two, whose quorum needs both: Degraded says so', (t) => {
  const two = { 0: recorded(0), 1: recorded(1) };
  const change: Change = {
    wanted: { members: 3 },
    list: [member(0), member(1)],
    seats: [seat(0), seat(1)],
    state: { members: two, refused: { what: `add ${names.peerURL(2)}`, since: before(600), restarted: [] } },
  };
  const step = refused({}, change);
  t.deepEqual(step.action, { kind: 'add-learner', ask: [0, 1].map(names.pod), peerURL: names.peerURL(2) });
  t.like(step, { degraded: true, reason: 'EtcdChangeRefused' });
  t.regex(step.message, /none can be restarted without losing the quorum/);
});

test('the member that is restarted for it is no planned work', (t) => {
  const restarting = { ordinal: 1, pod: 'former', since: before(1) };
  const state = { restarting, refused: { what, since: before(1), restarted: ['m1'] } };
  const step = refused({}, { seats: [seat(0), silent(1), seat(2), seat(3)], state: { members, ...state } });
  t.like(step, { reason: 'EtcdRestarting', degraded: true });
});

test('another change begins anew, and a settled etcd forgets it', (t) => {
  t.is(refused({ what: 'remove m7' }).state?.refused, undefined);
  const step = plan(situation({ state: { refused: { what, since: before(600), restarted: ['m1'] } } }));
  t.false(step.settled);
  t.is(step.state?.refused, undefined);
});
