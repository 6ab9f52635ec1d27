import test from 'ava';
import type { Operation } from '../history/operation.ts';
import { Revisions } from './revisions.ts';

const written = (value: string, tag: string): Operation => {
  return { client: 1, kind: 'write', register: 'x', value, tag: `"t-${tag}"`, start: 0, end: 1 };
};
const see = (revisions: Revisions, mirror: string, revision: number, value: string) =>
  revisions.seen(mirror, revision, [`set x ${value}`], [{ register: 'x', value, tag: `"t-${revision}"` }]);

/** Two watches: both from revision 2, one of them until 5, the other until 7. */
function twoWatches(left: number, right: number): Revisions {
  const revisions = new Revisions();
  for (const revision of [3, 5]) see(revisions, 'left', revision, `v${revision}`);
  for (const revision of [3, 5, 7]) see(revisions, 'right', revision, `v${revision}`);
  revisions.watched({ from: 2, to: 5, count: left });
  revisions.watched({ from: 2, to: 7, count: right });
  return revisions;
}

test('watches that brought the same, and all of it', (t) => {
  const revisions = twoWatches(2, 3);
  const history = [written('v3', '3'), written('v5', '5'), written('v5-first', '5~1'), written('v9', '9')];
  t.deepEqual([...revisions.violations, ...revisions.missed(history)], []);
});

test('a watch that missed a revision of the span that it watched', (t) => {
  t.deepEqual(twoWatches(1, 3).missed([]), ['a watch from 2 to 5 brought 1 of 2 revisions']);
});

test('a watch that brought other events of a revision than another', (t) => {
  const revisions = twoWatches(2, 3);
  see(revisions, 'third', 5, 'other');
  t.is(revisions.violations.length, 1);
});

test('an acknowledged write that no watch brought, and one that was replaced and came all the same', (t) => {
  t.is(twoWatches(2, 3).missed([written('v4', '4')]).length, 1);
  t.is(twoWatches(2, 3).missed([written('v5', '5~1')]).length, 1);
});
