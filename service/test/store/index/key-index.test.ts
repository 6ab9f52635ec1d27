import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { KeyIndex } from '../../../src/store/index/key-index.ts';
import type { KeyFilter } from '../../../src/store/store.ts';
import { anyFilter, anyKey, anySearch } from '../../support/arbitraries.ts';
import { PairModel } from '../../support/pair-model.ts';

async function openIndex(t: ExecutionContext): Promise<KeyIndex> {
  const index = new KeyIndex({ directory: temporaryFolder(t), durable: false });
  t.teardown(() => index.close());
  return index;
}

function put(index: KeyIndex, keys: readonly string[], value = '1', revision = 1): Promise<void> {
  return index.transact((writer) => {
    for (const key of keys) writer.put(key, value, revision);
    writer.setRevision(revision);
  });
}

const filters = fc.record(
  { prefix: anyFilter, suffix: anyFilter, after: fc.oneof(anyKey, anyFilter) },
  { requiredKeys: [] },
);

test('any puts and removals: keys, pairs and entries agree with a plain Map', async (t) => {
  const index = await openIndex(t);
  const model = new PairModel();
  let revision = 0;
  const change = fc.record({ key: anyKey, value: fc.option(fc.json({ maxDepth: 1 })) });
  const run = fc.asyncProperty(
    fc.array(change, { maxLength: 10 }),
    fc.array(filters, { maxLength: 5 }),
    async (changes, wanted) => {
      revision++;
      await index.transact((writer) => {
        for (const { key, value } of changes) {
          if (value === null) writer.remove(key);
          else writer.put(key, value, revision);
        }
        writer.setRevision(revision);
      });
      for (const { key, value } of changes) {
        if (value === null) model.values.delete(key);
        else model.values.set(key, value);
      }
      t.is(index.revision(), revision);
      t.is(index.size(), model.values.size);
      for (const { key } of changes) t.is(index.get(key)?.value, model.values.get(key));
      const snapshot = index.snapshot();
      for (const reader of [index, snapshot]) {
        t.deepEqual([...reader.keys({})], model.keys());
        for (const filter of wanted) {
          const keys = model.keys(filter);
          t.deepEqual([...reader.keys(filter)], keys, JSON.stringify(filter));
          t.deepEqual(
            [...reader.pairs(filter)].map(({ key, value }) => [key, value]),
            keys.map((key) => [key, model.values.get(key)]),
          );
        }
      }
      snapshot.close();
      for (const { prefix, suffix } of wanted) {
        for (const [by, text] of [
          ['prefix', prefix],
          ['suffix', suffix],
        ] as const) {
          if (text === undefined || text === '') continue;
          const keys = model.keys({ [by]: text });
          t.deepEqual(index.searchBounded(by, text, keys.length), keys, `${by} ${text}`);
          if (keys.length > 0) t.is(index.searchBounded(by, text, keys.length - 1), undefined);
        }
      }
    },
  );
  await fc.assert(run, { numRuns: 150 });
});

const keyOf = fc.oneof(
  anyKey,
  // Below few prefixes, so that whole runs of keys are skipped.
  fc.tuple(fc.constantFrom('a/', 'b/', 'a/b/', 'ab/', '😀/', '\u{10ffff}'), fc.nat(40)).map(([at, n]) => `${at}${n}`),
);

test('any search, folded and in reverse, finds what a plain Map finds, by itself and by page', async (t) => {
  const index = await openIndex(t);
  const model = new PairModel();
  const run = fc.asyncProperty(
    fc.array(keyOf, { maxLength: 60 }),
    fc.array(anySearch, { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 1, max: 5 }),
    async (keys, wanted, limit) => {
      await put(index, keys);
      for (const key of keys) model.values.set(key, '1');
      const snapshot = index.snapshot();
      for (const { delimiter, ...filter } of wanted) {
        const items = model.keys({ ...filter, delimiter });
        const fold = delimiter === undefined ? undefined : { delimiter, from: filter.prefix?.length ?? 0 };
        for (const reader of [index, snapshot]) {
          t.deepEqual(found(reader.search({ ...filter, fold })), items, JSON.stringify({ ...filter, delimiter }));
        }
        if (delimiter === undefined) t.deepEqual([...index.keys(filter)], items);
        if (delimiter === undefined)
          t.deepEqual(
            Array.from(index.pairs(filter), ({ key }) => key),
            items,
          );
        const paged: string[] = [];
        for (let { after } = filter, more = true; more; after = paged.at(-1)) {
          const page = found(index.search({ ...filter, fold, after })).slice(0, limit);
          paged.push(...page);
          more = page.length === limit;
        }
        t.deepEqual(paged, items, `pages of ${limit}: ${JSON.stringify({ ...filter, delimiter })}`);
      }
      snapshot.close();
    },
  );
  await fc.assert(run, { numRuns: 150 });
});

function found(search: Iterable<string | undefined>): string[] {
  return [...search].filter((item) => item !== undefined);
}

test('a fold looks at few of the keys below its prefixes', async (t) => {
  const index = await openIndex(t);
  const keys = Array.from({ length: 20_000 }, (_, i) => `p/${i % 10}/${i}`);
  await put(index, [...keys, 'p/x', 'q']);
  const items = [...Array.from({ length: 10 }, (_, i) => `p/${i}/`), 'p/x'];
  for (const reverse of [false, true]) {
    const filter = { prefix: 'p/', fold: { delimiter: '/', from: 2 }, reverse };
    // Undefined, among what is found, stands for 1000 keys that were looked at.
    t.deepEqual([...index.search(filter)], reverse ? items.toReversed() : items);
    const all = { fold: { delimiter: '/', from: 0 }, reverse };
    t.deepEqual([...index.search(all)], reverse ? ['q', 'p/'] : ['p/', 'q']);
  }
  t.true([...index.search({ prefix: 'p/' })].includes(undefined));
});

test('more matches of a suffix than are sorted in memory are found in order all the same', async (t) => {
  const index = await openIndex(t);
  const name = (i: number) => `${String(i).padStart(5, '0')}-x`;
  const many = Array.from({ length: 25_000 }, (_, i) => name(i));
  await put(index, [...many, 'a-y', '😀-x', '～-x']);
  t.deepEqual([...index.keys({ suffix: '-x' })], [...many, '～-x', '😀-x']);
  t.deepEqual([...index.keys({ suffix: '-x', prefix: '2499' })], many.slice(24_990));
  t.deepEqual([...index.keys({ suffix: '-x', after: name(24_990) })], [...many.slice(24_991), '～-x', '😀-x']);
  t.is([...index.pairs({ suffix: '-x', prefix: '2' })].length, 5000);
  t.deepEqual([...index.keys({ suffix: '-y' })], ['a-y']);
  t.deepEqual([...index.keys({ suffix: '-y', prefix: '0' })], []);
  // However few of the keys match: a search can let others have their turn.
  const turns = (filter: KeyFilter) => [...index.search(filter)].filter((key) => key === undefined).length;
  t.true(turns({ suffix: '-x' }) >= 40, 'while it gathers, and while it walks');
  t.true(turns({ suffix: '-x', prefix: '1' }) >= 9);
  t.true(turns({ prefix: '' }) >= 24);
  t.deepEqual(
    [...index.search({ prefix: '2499', suffix: '-y' })].filter((key) => key !== undefined),
    [],
  );
});

test('filters longer than any key, beside the longest keys', async (t) => {
  const index = await openIndex(t);
  const longest = ['a'.repeat(1024), 'é'.repeat(512), `a${'é'.repeat(511)}`, '😀'.repeat(256), '\ufffd'.repeat(341)];
  const model = new PairModel();
  for (const key of [...longest, 'a', 'b', 'é', '😀b']) model.values.set(key, '1');
  await put(index, [...model.values.keys()]);
  for (const key of longest) {
    for (const more of ['', 'a', 'é', '😀', 'a'.repeat(1000), '😀'.repeat(3000)]) {
      for (const text of [key + more, more + key, key.slice(0, -1) + more]) {
        if (!text.isWellFormed()) continue;
        for (const filter of [
          { prefix: text },
          { suffix: text },
          { after: text },
          { after: text, prefix: key },
          { after: text, suffix: 'a' },
          { prefix: 'a', suffix: text },
        ]) {
          t.deepEqual([...index.keys(filter)], model.keys(filter));
          t.is([...index.pairs(filter)].length, model.keys(filter).length);
        }
      }
    }
  }
});

test('a key that is removed and written again in one transaction is found by its suffix', async (t) => {
  const index = await openIndex(t);
  await put(index, ['old'], '1', 1);
  await index.transact((writer) => {
    writer.remove('old');
    writer.put('old', '2', 2);
    writer.put('new', '1', 2);
    writer.remove('new');
    writer.put('new', '2', 2);
    writer.put('gone', '1', 2);
    writer.remove('gone');
  });
  t.deepEqual([...index.keys({ suffix: 'd' })], ['old']);
  t.deepEqual([...index.keys({ suffix: 'w' })], ['new']);
  t.deepEqual([...index.keys({ suffix: 'e' })], []);
});

test('a snapshot stays as it is while others write', async (t) => {
  const index = await openIndex(t);
  await put(index, ['a', 'b', 'c'], '1', 1);
  const snapshot = index.snapshot();
  const walk = snapshot.pairs({})[Symbol.iterator]();
  t.deepEqual({ ...walk.next().value }, { key: 'a', value: '1', version: 1 });
  await put(index, ['b', 'bb'], '2', 2);
  t.deepEqual([walk.next().value.key, walk.next().value.key, walk.next().done], ['b', 'c', true]);
  t.is(snapshot.get('b')?.value, '1');
  t.is(snapshot.revision(), 1);
  t.deepEqual([...snapshot.keys({ suffix: 'b' })], ['b']);
  snapshot.close();
  t.is(index.get('b')?.value, '2');
  t.is(index.revision(), 2);
});

test('snapshots that were closed in the midst of a walk leave room for others', async (t) => {
  const index = await openIndex(t);
  await put(index, ['a', 'b', 'c']);
  // More than there are places for readers; a commit in between, so that each has a transaction of its own.
  for (let i = 1; i <= 2100; i++) {
    const snapshot = index.snapshot();
    const walk = snapshot.keys({})[Symbol.iterator]();
    t.is(walk.next().value, 'a');
    await put(index, ['d'], String(i), i);
    snapshot.close();
    snapshot.close();
    t.throws(() => walk.next(), { message: /closed/ });
  }
  t.is(index.snapshot().get('d')?.value, '2100');
});

test('closing the index closes its snapshots: reading on throws, and the process lives', async (t) => {
  const index = new KeyIndex({ directory: temporaryFolder(t), durable: true });
  await put(index, ['a', 'b', 'c']);
  const snapshot = index.snapshot();
  const walks = [snapshot.keys({}), snapshot.pairs({}), snapshot.pairs({ suffix: 'b' })].map((walk) =>
    walk[Symbol.iterator](),
  );
  for (const walk of walks) t.false(walk.next().done);
  const unstarted = snapshot.keys({ prefix: 'a' })[Symbol.iterator]();
  await new Promise(setImmediate);
  await index.close();
  for (const walk of [...walks.slice(0, 2), unstarted]) t.throws(() => walk.next());
  t.throws(() => snapshot.get('a'));
  t.throws(() => snapshot.revision());
  t.throws(() => index.get('a'));
  snapshot.close();
});

test('nothing stays of a transaction whose action throws', async (t) => {
  const index = await openIndex(t);
  await put(index, ['a'], '1', 1);
  const failed = index.transact((writer) => {
    writer.put('a', '2', 2);
    writer.put('b', '2', 2);
    writer.setRevision(2);
    throw new Error('changed my mind');
  });
  await t.throwsAsync(failed, { message: 'changed my mind' });
  t.is(index.get('a')?.value, '1');
  t.is(index.get('b'), undefined);
  t.is(index.revision(), 1);
  t.deepEqual([...index.keys({ suffix: 'b' })], []);
});

test('a transaction that is made at once is seen when it returns, by those who listen too', async (t) => {
  const index = await openIndex(t);
  const heard: string[] = [];
  index.listen({
    begun: () => heard.push('begun'),
    touched: (key) => heard.push(key),
    replaced: () => heard.push('replaced'),
    settled: () => heard.push(`settled, a is ${index.get('a')?.value}`),
    timelineChanged: () => heard.push('timeline'),
  });
  t.is(index.get('a'), undefined);
  const result = index.transactNow((writer) => {
    writer.put('a', '1', 1);
    writer.setRevision(1);
    return 'done';
  });
  t.is(result, 'done');
  t.deepEqual(index.get('a'), { value: '1', version: 1 });
  t.is(index.revision(), 1);
  t.deepEqual([...index.keys({ suffix: 'a' })], ['a']);
  t.deepEqual(heard, ['begun', 'a', 'settled, a is 1']);
});

test('nothing stays of a transaction at once whose action throws, and others go on', async (t) => {
  const index = await openIndex(t);
  await put(index, ['a'], '1', 1);
  const fail = () =>
    index.transactNow((writer) => {
      writer.put('a', '2', 2);
      writer.put('b', '2', 2);
      writer.setRevision(2);
      throw new Error('changed my mind');
    });
  t.throws(fail, { message: 'changed my mind' });
  t.is(index.get('a')?.value, '1');
  t.is(index.revision(), 1);
  t.deepEqual([...index.keys({ suffix: 'b' })], []);
  index.transactNow((writer) => writer.put('b', '3', 2));
  await put(index, ['c'], '1', 3);
  t.deepEqual([...index.keys({})], ['a', 'b', 'c']);
});

test('transactions at once and others take turns, and snapshots stay what they were', async (t) => {
  const index = await openIndex(t);
  await put(index, ['a'], '0', 1);
  const snapshot = index.snapshot();
  const slow = put(index, ['a', 'slow'], 'slow', 2);
  index.transactNow((writer) => writer.put('now', '1', 3));
  t.is(index.get('now')?.value, '1');
  await slow;
  t.deepEqual([...index.keys({})], ['a', 'now', 'slow']);
  t.is(snapshot.get('a')?.value, '0');
  t.deepEqual([...snapshot.keys({})], ['a']);
});

test('the revision is that of what is read in the same turn, whatever transactions are under way', async (t) => {
  const index = await openIndex(t);
  const agree = () => t.is(index.revision(), index.get('n')?.version ?? 0);
  agree();
  let left = 20;
  for (let revision = 1; revision <= 20; revision++) {
    const writing = revision % 5 === 0 ? transactAndFail(index) : put(index, ['n'], '1', revision);
    void writing.finally(() => {
      agree();
      left--;
    });
    agree();
    await new Promise(setImmediate);
    agree();
    if (revision % 7 !== 0) continue;
    index.transactNow((writer) => {
      t.is(index.revision(), index.get('n')?.version ?? 0);
      writer.put('n', '2', revision);
      writer.setRevision(revision);
      t.is(index.revision(), revision);
    });
    t.is(index.revision(), revision);
  }
  while (left > 0) {
    agree();
    await new Promise(setImmediate);
  }
  t.is(index.revision(), 19);
});

/** Resolves when the transaction has failed. */
function transactAndFail(index: KeyIndex): Promise<void> {
  const failing = index.transact((writer) => {
    writer.put('n', '3', 1000);
    writer.setRevision(1000);
    throw new Error('nothing of it stays');
  });
  return failing.catch(() => {});
}

test('the revision is read from the file once, until a transaction begins or it is wanted from there', async (t) => {
  const directory = temporaryFolder(t);
  const [index, other] = [1, 2].map(() => new KeyIndex({ directory, durable: false })) as [KeyIndex, KeyIndex];
  t.teardown(() => Promise.all([index.close(), other.close()]));
  await put(index, ['a']);
  t.is(index.revision(), 1);
  await put(other, ['b'], '1', 2);
  t.is(index.revision(), 1, 'remembered');
  t.is(index.storedRevision(), 2);
  t.is(index.revision(), 2);
});
