/** The rules of docs/adr/0290-reads-by-lease.md one by one, as a reader of the code would try them. */
import test from 'ava';
import { PendingList } from '../../../../../checks/model/world/pending.ts';
import { protocol } from '../../../../../checks/model/world/rules.ts';
import { confirm, forget, join, leave, removable, trustedLease } from '../../../../src/store/etcd/lease/lease.ts';
import { leaseTarget, mayAcknowledge, shows } from '../../../../src/store/etcd/lease/reads.ts';
import { awaitedReaders } from '../../../../src/store/etcd/lease/stability.ts';
import type { ReplicaState } from '../../../../src/store/etcd/lease/state.ts';

const { acceptReport, receive, resume, sync } = protocol;
const noChanges = { joined: [], left: [], noticed: [] };
const first: ReplicaState = {
  ...{ timeline: 't', received: 0, shown: 0, base: 0, pending: PendingList.none, readers: [], own: undefined },
};
const joined = (state: ReplicaState, id: string, revision: number) =>
  receive(state, { revision, keys: [], readers: { ...noChanges, joined: [id] } }, 0);
const written = (state: ReplicaState, revision: number, ...keys: string[]) => receive(state, { revision, keys }, 0);

test('a revision is shown when each reader whose key is older has reported it, and not before (R5, R6)', (t) => {
  const pending = written(joined(joined(first, 'x', 1), 'y', 2), 3, 'a');
  t.is(pending.shown, 1, 'x has not reported the key of y yet');
  const half = acceptReport(pending, { id: 'x', timeline: 't', received: 3 });
  t.deepEqual([half.shown, awaitedReaders(half)], [2, ['y']]);
  t.is(acceptReport(half, { id: 'y', timeline: 't', received: 3 }).shown, 3);
  t.is(
    receive(half, { revision: 4, keys: [], readers: { ...noChanges, left: ['y'] } }, 0).shown,
    3,
    'the report of x covers 3',
  );
});

test('reports of other timelines, of other readers and of the past change nothing (R11)', (t) => {
  const pending = written(joined(first, 'x', 1), 2, 'a');
  for (const report of [
    { id: 'x', timeline: 'u', received: 9 },
    { id: 'z', timeline: 't', received: 9 },
    { id: 'x', timeline: 't', received: 0 },
  ]) {
    t.is(acceptReport(pending, report), pending);
  }
});

test('a lease is trusted after the own key was received, from when its check was sent, until it leaves (R2, R3, R12)', (t) => {
  const asked = confirm(join(first, 'x', 100, 50), 'x', 110, 50);
  t.is(trustedLease(asked, 120), undefined);
  const reader = joined(asked, 'x', 1);
  t.is(trustedLease(reader, 159)?.id, 'x');
  t.is(trustedLease(reader, 160), undefined);
  t.is(trustedLease(confirm(reader, 'former', 150, 50), 160), undefined);
  t.is(trustedLease(confirm(reader, 'x', 100, 50), 155)?.until, 160, 'an older check takes nothing back');
  t.is(trustedLease(confirm(reader, 'x', 160, 50), 161), undefined, 'a lease that is over stays over');
  t.is(trustedLease(leave(reader), 120), undefined);
  t.is(trustedLease(confirm(leave(reader), 'x', 120, 50), 130), undefined, 'for good');
});

test('a lease whose key is deleted is forgotten, and no other one (R12)', (t) => {
  const left = leave(joined(join(first, 'x', 100, 50), 'x', 1));
  t.is(forget(left, 'former'), left);
  t.deepEqual([forget(left, 'x').own, forget(left, 'x').readers], [undefined, []]);
});

test('a key that is put again by something else does not count as a report (R5)', (t) => {
  const again = joined(written(joined(first, 'x', 1), 2, 'a'), 'x', 3);
  t.deepEqual([again.shown, awaitedReaders(again)], [1, ['x']]);
});

test('a read waits for the newest pending revision of what it reads, and for nothing else (R7)', (t) => {
  const reader = joined(join(first, 'x', 0, 50), 'x', 1);
  const state = written(written(written(joined(reader, 'y', 2), 3, 'a'), 4, 'a', 'b'), 5, 'c');
  const target = (keys: readonly string[]) => leaseTarget(state, (key) => keys.includes(key), 10);
  t.deepEqual([target(['a']), target(['c']), target(['d']), target(['d', 'c'])], [4, 5, 0, 5]);
  t.is(
    leaseTarget(state, () => true, 50),
    undefined,
  );
});

test('a full sync shows nothing until it is stable, in the next process too (R10)', (t) => {
  const readers = [{ id: 'y', since: 4, notice: undefined }];
  const synced = sync(first, { timeline: 't', revision: 9, readers }, 0);
  t.false(shows(synced, 't', 0));
  const next = resume(synced, { timeline: 't', revision: 9, readers }, 0);
  t.false(shows(next, 't', 0));
  t.true(shows(acceptReport(next, { id: 'y', timeline: 't', received: 9 }), 't', 9));
  t.is(
    sync({ ...synced, own: { id: 'y', until: 9, isLeaving: false } }, { timeline: 'u', revision: 3, readers }, 0).own,
    undefined,
  );
});

test('a write is acknowledged at once only when its own transaction found no reader (R9, R11)', (t) => {
  const committed = { timeline: 't', revision: 3, readers: 0, receivedBefore: 2 };
  t.true(mayAcknowledge(first, committed));
  t.false(mayAcknowledge(first, { ...committed, readers: 1 }));
  t.true(mayAcknowledge(written(first, 3, 'a'), { ...committed, readers: 1 }));
  t.false(mayAcknowledge(first, { ...committed, timeline: 'u' }));
  t.false(mayAcknowledge(written(first, 9, 'a'), { ...committed, receivedBefore: 9 }), 'of another history');
});

test("a reader's key may be deleted once a notice is old enough by the own clock, also one found in a list (R13)", (t) => {
  const noticed = receive(
    joined(first, 'x', 1),
    { revision: 2, keys: [], readers: { ...noChanges, noticed: [{ id: 'x', name: 'n' }] } },
    100,
  );
  const ids = (state: ReplicaState, now: number) =>
    removable(state, now, 50).map(({ id, notice }) => `${id} ${notice}`);
  t.deepEqual([ids(noticed, 149), ids(noticed, 150)], [[], ['x n']]);
  const list = (notice: string) => ({ timeline: 't', revision: 2, readers: [{ id: 'x', since: 1, notice }] });
  t.deepEqual(ids(resume(first, list('n'), 120), 150), []);
  t.deepEqual(ids(sync(noticed, list('n'), 140), 150), ['x n'], 'it has been known since 100');
  t.deepEqual(ids(sync(noticed, list('other'), 140), 150), [], 'another notice is as old as it is known');
});
