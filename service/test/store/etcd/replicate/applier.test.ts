import test from 'ava';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { Applier } from '../../../../src/store/etcd/replicate/applier.ts';
import type { AppliedRevisions, Replica } from '../../../../src/store/etcd/replicate/replica.ts';

const revisionOf = (revision: number) => ({ revision, changes: [{ key: 'k', value: '1', revision }], head: undefined });

test('of revisions that came together those are applied that are stable, and the others when they are (R6)', async (t) => {
  const applied: AppliedRevisions[] = [];
  const replica = { applied: 4, apply: (each: AppliedRevisions) => void applied.push(each) } as unknown as Replica;
  const stability = { stable: 6 };
  const notified: number[] = [];
  const onApplied = (revisions: readonly { readonly revision: number }[]) => {
    notified.push(...revisions.map(({ revision }) => revision));
    return undefined;
  };
  const applier = new Applier(replica, stability, onApplied, (error) => t.fail(String(error)));
  applier.add([5, 6, 7, 8].map(revisionOf));
  await applier.drained();
  t.deepEqual(notified, [5, 6]);
  t.deepEqual(
    applied.map(({ upTo, revision, changes }) => [upTo, revision, changes.length]),
    [[6, 6, 2]],
  );
  t.is(applier.waiting, 2);
  t.is(applier.newest, 8);
  applier.goOn();
  await applier.drained();
  t.is(applier.waiting, 2, 'nothing more is stable');
  stability.stable = 7;
  applier.goOn();
  await waitFor('the next one', () => notified.length > 2);
  t.deepEqual(notified, [5, 6, 7]);
  t.is(applied.at(-1)?.upTo, 7);
});

test('what comes after its end is left out: the next applier gets it again', async (t) => {
  const applied: number[] = [];
  const replica = { applied: 4, apply: ({ upTo }: AppliedRevisions) => void applied.push(upTo) } as unknown as Replica;
  const applier = new Applier(
    replica,
    { stable: 9 },
    () => undefined,
    (error) => t.fail(String(error)),
  );
  applier.add([revisionOf(5)]);
  const ended = applier.end();
  applier.add([revisionOf(6)]);
  await ended;
  await applier.drained();
  t.deepEqual(applied, [5]);
  t.is(applier.waiting, 0);
});
