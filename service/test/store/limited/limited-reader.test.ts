import test from 'ava';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { itemsAtOneGo } from '../../../src/operations/reading/walk-keys.ts';
import { KeyIndex } from '../../../src/store/index/key-index.ts';
import { LimitedReader } from '../../../src/store/limited/limited-reader.ts';
import { Scope } from '../../../src/store/limited/scope.ts';
import type { SearchFilter } from '../../../src/store/store.ts';

test('ranges of a few hundred keys each are one walk, in which others have their turn after 1000 keys', async (t) => {
  const index = new KeyIndex({ directory: temporaryFolder(t), durable: false });
  t.teardown(() => index.close());
  const prefixes = Array.from({ length: 20 }, (_, i) => `${String(i).padStart(2, '0')}/`);
  const keys = prefixes.flatMap((prefix) => Array.from({ length: 300 }, (_, i) => `${prefix}${i}/x`));
  await index.transact((writer) => {
    for (const key of [...keys, 'other']) writer.put(key, '1', 1);
    writer.setRevision(1);
  });
  const scope = new Scope(prefixes);
  const snapshot = index.snapshot();
  t.teardown(() => snapshot.close());
  const filters: readonly SearchFilter[] = [
    ...[{}, { reverse: true }, { contains: '/2' }, { suffix: 'none/x' }, { suffix: '/x' }],
    ...[{ fold: { delimiter: '/', from: 3 } }, { fold: { delimiter: 'x', from: 3 }, reverse: true }],
  ];
  for (const view of [index, snapshot]) {
    const reader = new LimitedReader(view, scope);
    for (const filter of filters) {
      const label = JSON.stringify(filter);
      const walk = [...reader.search(filter)];
      const found = walk.filter((item) => item !== undefined);
      const hasSuffix = (key: string) => key.endsWith(filter.suffix ?? '') && key.includes(filter.contains ?? '');
      t.is(found.length, keys.filter(hasSuffix).length, label);
      if (filter.suffix === 'none/x') continue;
      t.true(walk.length - found.length >= keys.length / 1000, label);
      let together = 0;
      for (const item of walk) {
        together = item === undefined ? 0 : together + 1;
        if (together > 1000) return t.fail(`more than 1000 at one go: ${label}`);
      }
    }
    t.is(itemsAtOneGo(reader, { fold: { delimiter: '/', from: 3 } }, Number.POSITIVE_INFINITY), undefined);
    t.is(itemsAtOneGo(reader, { prefix: '03/', fold: { delimiter: '/', from: 3 } }, 1000)?.length, 300);
  }
});
