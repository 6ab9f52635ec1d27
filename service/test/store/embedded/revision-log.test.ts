import test from 'ava';
import fc from 'fast-check';
import { RevisionLog } from '../../../src/store/embedded/revision-log.ts';
import type { Change, Revision } from '../../../src/store/store.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const change = fc.record(
  { key: text, value: fc.option(text, { nil: undefined }), expires: fc.integer({ min: 0, max: 2 ** 45 }) },
  { requiredKeys: ['key', 'value'] },
);

function bytesOf(changes: readonly Omit<Change, 'revision'>[]): number {
  return changes.reduce((sum, { key, value = '' }) => sum + 16 + Buffer.byteLength(key + value), 4);
}

test('what is kept comes out as it went in, and always the newest', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 80 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 0, max: 1000 }),
      (all, maxChanges, maxBytes, before) => {
        const log = new RevisionLog(before, { maxChanges, maxBytes });
        const added: Revision[] = [];
        for (const [i, changes] of all.entries()) {
          const revision = before + i + 1;
          added.push({ revision, changes: changes.map((each) => ({ ...each, revision })) });
          log.add(added.at(-1) as Revision);
          t.is(log.newest, revision);
          const kept = added.filter((each) => each.revision > log.start);
          for (const each of kept) t.deepEqual(log.at(each.revision), each);
          t.is(log.at(log.start), undefined);
          t.is(log.at(revision + 1), undefined);
          t.true(kept.reduce((sum, each) => sum + Math.max(1, each.changes.length), 0) <= maxChanges);
          t.true(kept.reduce((sum, each) => sum + bytesOf(each.changes), 0) <= maxBytes);
          const fits = Math.max(1, changes.length) <= maxChanges && bytesOf(changes) <= maxBytes;
          t.is(kept.length > 0, fits);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('as much is kept as there is room for', (t) => {
  const changes = (key: string) => [{ key, value: '12345', revision: 0 }];
  // 30 bytes each: 33 and a rest of 10 bytes.
  const log = new RevisionLog(0, { maxChanges: 1000, maxBytes: 1000 });
  for (let revision = 1; revision <= 500; revision++) {
    log.add({ revision, changes: changes(String(10_000 + revision)) });
    t.is(log.newest - log.start, Math.min(revision, 33));
  }
  const few = new RevisionLog(0, { maxChanges: 20, maxBytes: 1000 });
  for (let revision = 1; revision <= 500; revision++) few.add({ revision, changes: changes('10000') });
  t.is(few.newest - few.start, 20);
});
