/** One line a situation: the step it leads to. Each point where an operator may die is a situation of its own. */
import test from 'ava';
import { plan } from '../../../src/etcd/plan/plan.ts';
import type { Action } from '../../../src/etcd/plan/situation.ts';
import { type Change, member, names, recorded, seat, silent, situation, status } from './situations.ts';

const via = names.pod(0);
const three = { 0: recorded(0), 1: recorded(1), 2: recorded(2) };
const two = { 0: recorded(0), 1: recorded(1) };
const newId = { id: 'new', name: '', isLearner: true };
const learning = { memberId: 'new', isLearner: true };
const oldPod = (ordinal: number, change: object = {}) => {
  const { pod } = seat(ordinal);
  return pod === undefined ? {} : { pod: { ...pod, template: 'old', ...change } };
};
const podWith = (ordinal: number, change: object) => oldPod(ordinal, { template: 'now', ...change });
const otherClaim = (ordinal: number, change: object = {}) => {
  const { claim } = seat(ordinal);
  return claim === undefined ? {} : { claim: { ...claim, uid: `other${ordinal}`, ...change } };
};
const deletePod = (ordinal: number): Action => ({ kind: 'delete-pod', name: names.pod(ordinal), uid: `p${ordinal}` });
const deleteClaim = (ordinal: number, uid = `v${ordinal}`): Action => ({
  kind: 'delete-claim',
  name: names.claim(ordinal),
  uid,
});
/** Asked in turn: the leader first. */
const ask = [0, 1].map((ordinal) => names.pod(ordinal));
const remove = (id: string, asked = ask): Action => ({ kind: 'remove-member', ask: asked, id });
const add = (ordinal: number): Action => ({ kind: 'add-learner', ask, peerURL: names.peerURL(ordinal) });

const larger = { volumeSize: '20Gi', volumeBytes: 20 * 2 ** 30 };
/** Its claim asks for that, and its volume is as it was. It does not run. */
const grown = (ordinal: number) => {
  const { claim } = seat(ordinal);
  return silent(ordinal, claim === undefined ? {} : { claim: { ...claim, requestBytes: larger.volumeBytes } });
};

const noAction = undefined;
const cases: readonly (readonly [string, Change, Action | undefined, string])[] = [
  ['all is well', {}, noAction, 'EtcdReady'],
  [
    'users are told apart no more: a growth waits until they are',
    { list: [member(0), member(1)], seats: [seat(0), seat(1)], state: { members: two }, access: { enabled: false } },
    { kind: 'change-access', via, changes: [{ kind: 'enable' }] },
    'EtcdLimitingAccess',
  ],
  [
    'users are told apart no more, though a member is missing',
    { seats: [seat(0), seat(1), silent(2)], access: { enabled: false } },
    { kind: 'change-access', via, changes: [{ kind: 'enable' }] },
    'EtcdLimitingAccess',
  ],
  [
    'a lost member is replaced before anything is done about users',
    { seats: [seat(0), seat(1), silent(2, otherClaim(2))], access: { enabled: false } },
    remove('m2'),
    'EtcdReplacingMember',
  ],
  ['users are not told', { refusal: 'permission denied' }, noAction, 'EtcdAccessUnknown'],
  ['first start', { list: 'none', seats: [], state: { members: { 0: { gate: 'seed' } } } }, noAction, 'EtcdQuorumLost'],

  // Growth: MemberAdd, the gate, the pod, the record, the promotion.
  [
    'a third member is missing',
    { list: [member(0), member(1)], seats: [seat(0), seat(1)], state: { members: two } },
    add(2),
    'EtcdAddingMember',
  ],
  [
    'the volume of a learner that was given up unseen is recorded as a former member’s',
    { list: [member(0), member(1)], state: { members: { ...two, 2: { gate: 'join', id: 'gone' } } } },
    noAction,
    'EtcdAddingMember',
  ],
  [
    'so that the next volume is seen to be another one',
    {
      list: [member(0), member(1)],
      seats: [seat(0), seat(1), seat(2, otherClaim(2))],
      state: { members: { ...two, 2: { gate: 'closed', claim: 'v2' } } },
    },
    add(2),
    'EtcdAddingMember',
  ],
  [
    'not while another member is not ready',
    { list: [member(0), member(1), member(2)], wanted: { members: 5 }, seats: [seat(0), seat(1), silent(2)] },
    noAction,
    'EtcdMembersNotReady',
  ],
  [
    'a claim of unknown origin is no empty volume',
    { list: [member(0), member(1)], state: { members: two } },
    deleteClaim(2),
    'EtcdAddingMember',
  ],
  [
    'nor is that of a former member',
    { list: [member(0), member(1)], state: { members: three } },
    deleteClaim(2),
    'EtcdAddingMember',
  ],
  [
    'died after MemberAdd: the gate is opened',
    { list: [member(0), member(1), member(2, newId)], seats: [seat(0), seat(1)], state: { members: two } },
    noAction,
    'EtcdAddingMember',
  ],
  [
    'died after the gate was opened: the pod that saw it closed goes',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), silent(2)],
      state: { members: { ...two, 2: { gate: 'join', id: 'new', claim: 'v2', stalePods: ['p2'] } } },
    },
    deletePod(2),
    'EtcdAddingMember',
  ],
  [
    'the learner starts',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), silent(2)],
      state: { members: { ...two, 2: { gate: 'join', id: 'new', claim: 'v2' } } },
    },
    noAction,
    'EtcdAddingMember',
  ],
  [
    'the learner runs: its gate is closed first',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), seat(2, { status: status(2, learning), ready: false })],
      state: { members: { ...two, 2: { gate: 'join', id: 'new', claim: 'v2' } } },
    },
    noAction,
    'EtcdRecording',
  ],
  [
    'died before the promotion',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), seat(2, { status: status(2, learning), ready: false })],
      state: { members: { ...two, 2: recorded(2, { id: 'new' }) } },
    },
    { kind: 'promote', via, id: 'new' },
    'EtcdAddingMember',
  ],
  [
    'it is the leader that promotes',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [0, 1]
        .map((n) => seat(n, { status: status(n, { leaderId: 'm1' }) }))
        .concat(seat(2, { ready: false, status: status(2, { ...learning, leaderId: 'm1' }) })),
      state: { members: { ...two, 2: { gate: 'closed', id: 'new', claim: 'v2' } } },
    },
    { kind: 'promote', via: names.pod(1), id: 'new' },
    'EtcdAddingMember',
  ],
  [
    'a learner that is no longer wanted goes',
    {
      wanted: { members: 1 },
      list: [member(0), member(1, newId)],
      seats: [seat(0), silent(1)],
      state: { members: { 0: recorded(0), 1: { gate: 'join', id: 'new' } } },
    },
    remove('new', [via]),
    'EtcdRemovingMember',
  ],

  [
    'what a pod did that is being deleted says nothing about the learner that comes after it',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), silent(2, podWith(2, { terminating: true, restarts: 5 }))],
      state: { members: { ...two, 2: { gate: 'join', id: 'new', stalePods: ['p2'] } } },
    },
    noAction,
    'EtcdAddingMember',
  ],
  [
    'a learner whose pod starts in vain gets another pod first',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), silent(2, podWith(2, { restarts: 5 }))],
      state: { members: { ...two, 2: { gate: 'join', id: 'new', stalePods: ['former'] } } },
    },
    noAction,
    'EtcdAddingMember',
  ],
  [
    'and is made anew when that does not help',
    {
      list: [member(0), member(1), member(2, newId)],
      seats: [seat(0), seat(1), silent(2, podWith(2, { restarts: 5 }))],
      state: { members: { ...two, 2: { gate: 'join', id: 'new', stalePods: ['former', 'another'] } } },
    },
    remove('new'),
    'EtcdAddingMember',
  ],

  [
    'a learner that was added just before fewer were wanted, without a trace but in the list',
    {
      wanted: { members: 1 },
      list: [member(0), member(1, newId)],
      seats: [seat(0)],
      state: { members: { 0: recorded(0) } },
    },
    remove('new', [via]),
    'EtcdRemovingMember',
  ],

  [
    'the volume of a member that was forgotten below one that is left: recorded, since the StatefulSet makes another',
    { list: [member(0), member(2)], state: { members: { 0: recorded(0), 2: recorded(2) } } },
    noAction,
    'EtcdAddingMember',
  ],

  // Lost volumes.
  ['a lost volume', { seats: [seat(0), seat(1), silent(2, otherClaim(2))] }, remove('m2'), 'EtcdReplacingMember'],
  ['the same claim is not lost', { seats: [seat(0), seat(1), silent(2)] }, noAction, 'EtcdMembersNotReady'],
  [
    'a member that answers is not lost',
    { seats: [seat(0), seat(1), seat(2, otherClaim(2))] },
    noAction,
    'EtcdRecording',
  ],
  [
    'two lost volumes of five: one after the other',
    {
      wanted: { members: 5 },
      list: [0, 1, 2, 3, 4].map((ordinal) => member(ordinal)),
      seats: [seat(0), seat(1), seat(2), silent(3, otherClaim(3)), silent(4, otherClaim(4))],
      state: { members: { ...three, 3: recorded(3), 4: recorded(4) } },
    },
    remove(
      'm3',
      [0, 1, 2].map((ordinal) => names.pod(ordinal)),
    ),
    'EtcdReplacingMember',
  ],
  [
    'died after MemberRemove: added anew, on the claim that is not the former one',
    { list: [member(0), member(1)], seats: [seat(0), seat(1), silent(2, otherClaim(2))] },
    add(2),
    'EtcdAddingMember',
  ],
  [
    'two of three lost their volumes: nothing',
    { list: 'none', seats: [seat(0, { ready: false }), silent(1, otherClaim(1)), silent(2, otherClaim(2))] },
    noAction,
    'EtcdQuorumLost',
  ],

  // Shrinking.
  ['the highest ordinal goes', { wanted: { members: 1 } }, remove('m2'), 'EtcdRemovingMember'],
  [
    'a leader hands over before it goes',
    { wanted: { members: 1 }, seats: [0, 1, 2].map((n) => seat(n, { status: status(n, { leaderId: 'm2' }) })) },
    { kind: 'move-leader', via: names.pod(2), id: 'm0' },
    'EtcdRemovingMember',
  ],
  [
    'died after MemberRemove: its pod is not wanted any more',
    { wanted: { members: 1 }, list: [member(0)], state: { members: two }, seats: [seat(0), silent(1)] },
    noAction,
    'EtcdRecording',
  ],
  [
    'its volume goes after its pod',
    { wanted: { members: 1 }, list: [member(0)], state: { members: { 0: recorded(0) } }, seats: [seat(0), silent(1)] },
    noAction,
    'EtcdRemovingMember',
  ],

  // Restarts.
  [
    'a follower is restarted first',
    { seats: [0, 1, 2].map((n) => seat(n, oldPod(n))) },
    deletePod(2),
    'EtcdRestarting',
  ],
  [
    'the leader hands over',
    { seats: [seat(0, oldPod(0)), seat(1), seat(2)] },
    { kind: 'move-leader', via, id: 'm1' },
    'EtcdRestarting',
  ],
  [
    'no restart while a member is not ready',
    { seats: [seat(0, oldPod(0)), seat(1, oldPod(1)), silent(2)] },
    noAction,
    'EtcdMembersNotReady',
  ],
  [
    'no restart while a pod that is being deleted still answers',
    { seats: [seat(0, oldPod(0)), seat(1, oldPod(1)), seat(2, oldPod(2, { terminating: true }))] },
    noAction,
    'EtcdMembersNotReady',
  ],
  [
    'a pod on a bad image is replaced',
    { seats: [seat(0), seat(1), silent(2, oldPod(2, { running: false }))] },
    deletePod(2),
    'EtcdRestarting',
  ],
  [
    'also the only one',
    {
      wanted: { members: 1 },
      list: 'none',
      seats: [silent(0, oldPod(0, { running: false }))],
      state: { members: { 0: recorded(0) } },
    },
    deletePod(0),
    'EtcdRestarting',
  ],
  [
    'without quorum a member that still runs is left alone',
    { list: 'none', seats: [seat(0, { ready: false, ...oldPod(0) }), silent(1), silent(2)] },
    noAction,
    'EtcdQuorumLost',
  ],

  // What is reported and not repaired.
  ['a refused image', { wanted: { imageRefused: 'no' } }, noAction, 'EtcdImageRefused'],
  ['another cluster', { state: { clusterId: 'other' } }, noAction, 'EtcdForeignCluster'],
  [
    'a member added by hand',
    { list: [member(0), member(1), member(2), member(3, { peerURLs: ['http://elsewhere:2380'] })] },
    noAction,
    'EtcdUnknownMember',
  ],
  [
    'corruption',
    { seats: [seat(0), seat(1), seat(2, { status: status(2, { alarms: ['CORRUPT'] }) })] },
    noAction,
    'EtcdCorrupt',
  ],

  // Space.
  [
    'NOSPACE: compaction',
    { seats: [0, 1, 2].map((n) => seat(n, { status: status(n, { alarms: ['NOSPACE'], dbSize: 10_001 }) })) },
    { kind: 'compact', via, revision: 7 },
    'EtcdOutOfSpace',
  ],
  [
    'then defragmentation, not the leader first',
    {
      state: { reclaimRevision: 7 },
      seats: [0, 1, 2].map((n) => seat(n, { status: status(n, { alarms: ['NOSPACE'], dbSize: 10_001 }) })),
    },
    { kind: 'defragment', via: names.pod(1) },
    'EtcdOutOfSpace',
  ],
  [
    'a member that only says it is full is defragmented to find out',
    {
      state: { reclaimRevision: 7 },
      seats: [0, 1, 2].map((n) =>
        seat(n, {
          status: status(n, { alarms: ['NOSPACE'], dbSize: 10_000, dbSizeInUse: 10_000, dbSizeQuota: 10_000 }),
        }),
      ),
    },
    { kind: 'defragment', via: names.pod(1) },
    'EtcdOutOfSpace',
  ],
  [
    'each member once, the leader last',
    {
      state: { reclaimRevision: 7, defragmented: ['m1', 'm2'] },
      seats: [0, 1, 2].map((n) =>
        seat(n, {
          status: status(n, { alarms: ['NOSPACE'], dbSize: 10_000, dbSizeInUse: 10_000, dbSizeQuota: 10_000 }),
        }),
      ),
    },
    { kind: 'defragment', via: names.pod(0) },
    'EtcdOutOfSpace',
  ],
  [
    'then the values do fill the quota',
    {
      state: { reclaimRevision: 7, defragmented: ['m0', 'm1', 'm2'] },
      seats: [0, 1, 2].map((n) =>
        seat(n, {
          status: status(n, { alarms: ['NOSPACE'], dbSize: 10_000, dbSizeInUse: 10_000, dbSizeQuota: 10_000 }),
        }),
      ),
    },
    { kind: 'compact', via, revision: status(0).revision },
    'EtcdOutOfSpace',
  ],
  [
    'a nearly empty database has free pages that no defragmentation takes: the alarm goes',
    {
      state: { reclaimRevision: 7, defragmented: ['m0', 'm1', 'm2'] },
      seats: [0, 1, 2].map((n) =>
        seat(n, { status: status(n, { alarms: ['NOSPACE'], dbSize: 900, dbSizeInUse: 700, dbSizeQuota: 10_000 }) }),
      ),
    },
    { kind: 'disarm', via, id: 'm0' },
    'EtcdOutOfSpace',
  ],
  [
    'keys were deleted since a member was defragmented, and it is full: again',
    {
      state: { reclaimRevision: 7, defragmented: ['m0', 'm1', 'm2'] },
      seats: [0, 1, 2].map((n) =>
        seat(n, { status: status(n, { alarms: ['NOSPACE'], dbSize: 9900, dbSizeInUse: 700, dbSizeQuota: 10_000 }) }),
      ),
    },
    { kind: 'defragment', via: names.pod(1) },
    'EtcdOutOfSpace',
  ],
  [
    'then the alarm',
    {
      state: { reclaimRevision: 7 },
      seats: [seat(0), seat(1, { status: status(1, { alarms: ['NOSPACE'] }) }), seat(2)],
    },
    { kind: 'disarm', via, id: 'm1' },
    'EtcdOutOfSpace',
  ],
  ['then it is forgotten', { state: { reclaimRevision: 7 } }, noAction, 'EtcdOutOfSpace'],

  // Volumes.
  [
    'a claim is too small',
    { wanted: { volumeSize: '20Gi', volumeBytes: 20 * 2 ** 30 } },
    { kind: 'resize-claim', name: names.claim(0), uid: 'v0', size: '20Gi' },
    'EtcdVolumeGrowing',
  ],
  [
    'a member does not run, perhaps since its volume is full: it grows meanwhile',
    { wanted: larger, seats: [grown(0), seat(1), silent(2)] },
    { kind: 'resize-claim', name: names.claim(1), uid: 'v1', size: '20Gi' },
    'EtcdMembersNotReady',
  ],
  [
    'no member runs, perhaps since all volumes are full: they grow without a quorum',
    { wanted: larger, list: 'none', seats: [grown(0), silent(1), silent(2)] },
    { kind: 'resize-claim', name: names.claim(1), uid: 'v1', size: '20Gi' },
    'EtcdQuorumLost',
  ],
  [
    'no member runs, and each claim asks for what is wanted',
    { list: 'none', seats: [silent(0), silent(1), silent(2)] },
    noAction,
    'EtcdQuorumLost',
  ],
  [
    'the claim of a member that was removed does not grow',
    { wanted: larger, list: 'none', seats: [grown(0), grown(1), grown(2), seat(3)] },
    noAction,
    'EtcdQuorumLost',
  ],
];

test('a version that the tag does not name is refused once a member reports it', (t) => {
  const old = (ordinal: number) => seat(ordinal, { status: status(ordinal, { version: '3.6.13' }) });
  const seats = [old(0), seat(1), seat(2)];
  const state = situation({}).state;
  const step = plan(situation({ seats, state: { ...state, version: '3.6.13' } }));
  t.like(step, { reason: 'EtcdTooOld', degraded: true });
  t.is(step.action, undefined);
});

for (const [title, change, action, reason] of cases) {
  test(title, (t) => {
    const step = plan(situation(change));
    t.deepEqual(step.action, action);
    t.is(step.reason, reason);
  });
}

test('an open gate names all members, and the pod that may still see it closed', (t) => {
  const list = [member(0), member(1), member(2, newId)];
  const step = plan(situation({ list, seats: [seat(0), seat(1), silent(2, otherClaim(2))] }));
  t.deepEqual(step.state?.members[2], {
    gate: 'join',
    id: 'new',
    claim: 'other2',
    initialCluster: [0, 1, 2].map((ordinal) => `${names.pod(ordinal)}=${names.peerURL(ordinal)}`).join(','),
    stalePods: ['p2'],
  });
});

test('the volume of a removed member goes once its pod is gone', (t) => {
  const { pod: _, ...left } = silent(1);
  const step = plan(
    situation({
      wanted: { members: 1 },
      list: [member(0)],
      state: { members: { 0: recorded(0) } },
      seats: [seat(0), left],
    }),
  );
  t.deepEqual(step.action, deleteClaim(1));
});
