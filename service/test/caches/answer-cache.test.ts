import test from 'ava';
import fc from 'fast-check';
import { AnswerCache } from '../../src/caches/answer-cache.ts';
import { valuesOf } from '../../src/operations/get.ts';
import { fewKeysOf } from '../../src/operations/search.ts';
import type { EmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { during, openEmbedded } from '../support/open-embedded.ts';

type By = 'key' | 'prefix' | 'suffix';

/** Asks a cache, and counts what it had to read. */
function askedOf(store: EmbeddedStore, cache: AnswerCache) {
  const sources = { key: valuesOf(store), prefix: fewKeysOf(store, 'prefix'), suffix: fewKeysOf(store, 'suffix') };
  let reads = 0;
  return {
    /** What the store says now. */
    direct: (by: By, text: string) => sources[by].answer(text),
    ask(by: By, text: string) {
      const answer = (asked: string) => {
        reads++;
        return sources[by].answer(asked);
      };
      return cache.answer({ by, answer }, text);
    },
    /** Reads since the last call. */
    reads() {
      const sum = reads;
      reads = 0;
      return sum;
    },
  };
}

const pairs = (keys: Iterable<string>, value: unknown = 1) =>
  [...keys].map((key) => ({ key, value: JSON.stringify(value) }));

test('whatever is written and whenever it is asked, an answer is what the store says in that turn', async (t) => {
  const store = await openEmbedded(t);
  const asked = askedOf(store, new AnswerCache(store, 20_000));
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 4 });
  const write = fc.oneof(
    { weight: 3, arbitrary: fc.record({ set: fc.array(key, { minLength: 1, maxLength: 6 }), value: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.array(key, { minLength: 1, maxLength: 6 }) }) },
  );
  const question = fc.record({ by: fc.constantFrom<By>('key', 'prefix', 'suffix'), text: key });
  const run = fc.asyncProperty(
    fc.array(write, { minLength: 1, maxLength: 8 }),
    fc.array(question, { minLength: 5, maxLength: 30 }),
    async (writes, questions) => {
      const check = () => {
        for (const { by, text } of questions) {
          t.deepEqual(asked.ask(by, text), asked.direct(by, text), `${by} ${text}`);
        }
      };
      check();
      await during(
        Promise.all(
          writes.map((each) =>
            'set' in each ? store.set(pairs(each.set, each.value)) : store.delete(each.remove).then(() => 0),
          ),
        ),
        check,
      );
      // Once nothing changes, repeated answers are kept, also that a key is not there.
      for (const { by, text } of questions) {
        for (let i = 0; i < 2; i++) asked.ask(by, text);
        asked.reads();
        asked.ask(by, text);
        t.is(asked.reads(), 0, `${by} ${text}`);
      }
    },
  );
  await fc.assert(run, { numRuns: 100 });
});

test('a write drops what shows its key, and nothing else', async (t) => {
  const store = await openEmbedded(t);
  await store.set(pairs(['user/1/name', 'user/2/name', 'job/1']));
  const asked = askedOf(store, new AnswerCache(store, 1 << 20));
  const askAll = () => {
    for (const key of ['user/1/name', 'user/2/name', 'job/1']) asked.ask('key', key);
    for (const prefix of ['user/1/', 'user/2/', 'user/', 'job/']) asked.ask('prefix', prefix);
    for (const suffix of ['/name', '/1']) asked.ask('suffix', suffix);
    return asked.reads();
  };
  t.is(askAll(), 9);
  t.is(askAll(), 0, 'kept on the first request');
  await store.set(pairs(['user/2/name']));
  t.is(askAll(), 4, 'its value, user/2/, user/, /name');
  await store.delete(['job/1']);
  t.is(askAll(), 3, 'its value, job/, /1');
  t.is(askAll(), 0, 'that it is not there is kept as well');
  await store.set(pairs(['none/of/these']));
  t.is(askAll(), 0);
  await store.set(pairs(['job/1']));
  t.is(askAll(), 3);
});

test('a transaction of many keys leaves nothing of what was before it', async (t) => {
  const store = await openEmbedded(t);
  const asked = askedOf(store, new AnswerCache(store, 1 << 20));
  const keys = Array.from({ length: 3000 }, (_, i) => `many-${i}`);
  for (const value of [1, 2, 3]) {
    await during(store.set(pairs(keys, value)), () => {
      for (const key of ['many-0', 'many-2999']) t.deepEqual(asked.ask('key', key), asked.direct('key', key));
      t.deepEqual(asked.ask('prefix', 'many-299'), asked.direct('prefix', 'many-299'));
    });
    t.is(asked.ask('key', 'many-2999')?.text, String(value));
  }
});

test('what has expired is in no answer, removed or not', async (t) => {
  const clock = new ManualClock();
  const store = await openEmbedded(t, clock);
  const asked = askedOf(store, new AnswerCache(store, 1 << 20));
  await store.set(pairs(['stays']));
  await store.set(pairs(['short', 'shorter']), { ttl: 10 });
  const shown = (by: By, text: string) => {
    const answer = asked.ask(by, text);
    return answer?.problem ?? answer?.text;
  };
  const answers = () => [shown('key', 'short'), shown('prefix', 's'), shown('suffix', 't')];
  t.deepEqual(answers(), ['1', '["short","shorter","stays"]', '["short"]']);
  t.deepEqual(answers(), ['1', '["short","shorter","stays"]', '["short"]']);
  // Nothing is removed yet: the sweep is a write, and needs turns of the event loop.
  clock.pass(10_000);
  t.true(store.lastExpired() !== undefined);
  t.deepEqual(answers(), ['key-not-found', '["stays"]', '[]']);
  while (store.lastExpired() !== undefined) await new Promise(setImmediate);
  t.deepEqual(answers(), ['key-not-found', '["stays"]', '[]']);
  await store.set(pairs(['short'], 2));
  t.deepEqual(answers(), ['2', '["short","stays"]', '["short"]']);
});

test('it takes no more than it may, and keeps answers in use', async (t) => {
  const store = await openEmbedded(t);
  const keys = Array.from({ length: 2000 }, (_, i) => `key-${i}`);
  await store.set(pairs([...keys, 'always']));
  const asked = askedOf(store, new AnswerCache(store, 100_000));
  asked.ask('key', 'always');
  for (const key of keys) {
    for (let i = 0; i < 3; i++) asked.ask('key', key);
    asked.ask('key', 'always');
  }
  t.is(asked.reads(), 2000 + 1, 'an answer with constant requests is read no more');
  for (const key of keys.toReversed()) asked.ask('key', key);
  const kept = 2000 - asked.reads();
  // An answer takes some 250 bytes, whatever its text.
  t.true(kept > 100 && kept < 400, `${kept} of 2000 were kept`);
});

test('long answers of searches, and prefixes of ever more lengths, are not kept', async (t) => {
  const store = await openEmbedded(t);
  const long = Array.from({ length: 500 }, (_, i) => `${'s'.repeat(10)}${i}`);
  await store.set([...pairs(long), ...pairs([`${'p'.repeat(100)}-end`])]);
  const asked = askedOf(store, new AnswerCache(store, 1 << 20));
  const ask = () => {
    asked.ask('prefix', 's');
    for (let length = 1; length <= 100; length++) asked.ask('prefix', 'p'.repeat(length));
    return asked.reads();
  };
  t.is(ask(), 101);
  t.is(ask(), 1 + 100 - 16);
});

test('long values are kept where they take no room of short ones, and share their bytes', async (t) => {
  const store = await openEmbedded(t);
  const long = Array.from({ length: 40 }, (_, i) => `long-${i}`);
  await store.set([...pairs(['short']), ...pairs(long, 'x'.repeat(50_000))]);
  const asked = askedOf(store, new AnswerCache(store, 2 << 20));
  asked.ask('key', 'short');
  for (const key of long) {
    const [first, kept, again] = [asked.ask('key', key), asked.ask('key', key), asked.ask('key', key)];
    t.is(asked.reads(), key === 'long-0' ? 2 : 1);
    t.is(kept?.text, first?.text);
    t.truthy(kept?.shared);
    t.is(kept?.shared, again?.shared);
  }
  asked.ask('key', 'short');
  t.is(asked.reads(), 0, 'two MB of long values came after it');
  for (const key of long.toReversed()) asked.ask('key', key);
  const kept = long.length - asked.reads();
  // In a quarter of the memory, twice each: as a text and as bytes.
  t.true(kept >= 2 && kept <= 7, `${kept} of 40 were kept`);
  await store.set(pairs(['long-0'], 'y'.repeat(50_000)));
  t.is(asked.ask('key', 'long-0')?.text, `"${'y'.repeat(50_000)}"`);
});

test('a value that is larger than what there is for long ones drops none of them', async (t) => {
  const store = await openEmbedded(t);
  await store.set([...pairs(['long'], 'x'.repeat(5000)), ...pairs(['huge'], 'x'.repeat(100_000))]);
  // Twice as long, as a text and as bytes, it is longer than half of a quarter.
  const asked = askedOf(store, new AnswerCache(store, 1 << 20));
  for (let i = 0; i < 10; i++) for (const key of ['long', 'huge']) asked.ask('key', key);
  t.is(asked.reads(), 1 + 10);
});

test('nothing is kept with no memory for it, or of a store that does not announce changes', async (t) => {
  const store = await openEmbedded(t);
  await store.set(pairs(['a']));
  const silent = Object.assign(Object.create(store), { listen: undefined, lastExpired: () => store.lastExpired() });
  for (const cache of [new AnswerCache(store, 0), new AnswerCache(silent, 1 << 20)]) {
    const asked = askedOf(store, cache);
    for (let i = 0; i < 5; i++) t.is(asked.ask('key', 'a')?.text, '1');
    t.is(asked.reads(), 5);
  }
});
