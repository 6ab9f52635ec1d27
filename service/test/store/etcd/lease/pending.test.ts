import test from 'ava';
import { PendingList } from '../../../../../checks/model/world/pending.ts';
import { seededRandom } from '../../../../../test-support/seeded-random.ts';
import { PendingKeys } from '../../../../src/store/etcd/lease/pending.ts';
import type { PendingRevisions, Reads } from '../../../../src/store/etcd/lease/state.ts';

const keys = ['a', 'b', 'ab', 'ba', 'c'];

test('pending revisions by key say the same as the list that the model has', (t) => {
  const random = seededRandom(1);
  const below = (most: number) => Math.floor(random() * most);
  const some = () => keys.filter(() => below(3) === 0);
  let byKey: PendingRevisions = new PendingKeys();
  let listed: PendingRevisions = PendingList.none;
  let revision = 0;
  for (let i = 0; i < 2000; i++) {
    if (below(3) === 0) {
      const shown = revision - below(6);
      [byKey, listed] = [byKey.behind(shown), listed.behind(shown)];
    } else {
      revision += 1 + below(3);
      const changed = some();
      if (changed.length === 0) continue;
      [byKey, listed] = [byKey.with(revision, changed), listed.with(revision, changed)];
    }
    t.deepEqual(byKey.revisions(), listed.revisions());
    const all: Reads[] = [...keys, some(), (key) => key.startsWith('a'), () => true];
    for (const reads of all) t.is(byKey.newest(reads), listed.newest(reads));
  }
});

test('a search beside very many pending keys waits for the newest revision', (t) => {
  const pending = new PendingKeys();
  for (let i = 1; i <= 2000; i++) pending.with(i, [`k${i}`]);
  t.is(pending.newest('k7'), 7);
  t.is(
    pending.newest((key) => key === 'k7'),
    2000,
  );
  pending.behind(1500);
  t.is(
    pending.newest((key) => key === 'k1507'),
    1507,
  );
});
