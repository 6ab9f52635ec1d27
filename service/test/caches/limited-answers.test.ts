import test from 'ava';
import fc from 'fast-check';
import type { TextAnswer } from '../../src/answers/answer.ts';
import { AnswerCache, type Answers, type Source } from '../../src/caches/answer-cache.ts';
import { LimitedAnswers } from '../../src/caches/limited-answers.ts';
import { valuesOf } from '../../src/operations/get.ts';
import { fewKeysOf } from '../../src/operations/search.ts';
import { LimitedStore } from '../../src/store/limited/limited-store.ts';
import { Scope } from '../../src/store/limited/scope.ts';
import type { Store } from '../../src/store/store.ts';
import { openEmbedded } from '../support/open-embedded.ts';

type By = 'key' | 'prefix' | 'suffix';

function sourcesOf(store: Store): Readonly<Record<By, Source<TextAnswer>>> {
  return {
    key: valuesOf(store),
    prefix: fewKeysOf(store, 'prefix') as Source<TextAnswer>,
    suffix: fewKeysOf(store, 'suffix') as Source<TextAnswer>,
  };
}

/** What is shown, or why nothing is. */
function shownBy(answers: Answers, source: Source<TextAnswer>, text: string): unknown {
  try {
    const { status, text: shown, etag } = answers.answer(source, text);
    return { status, shown, etag };
  } catch (error) {
    return String(error);
  }
}

const pairs = (keys: readonly string[]) => keys.map((key) => ({ key, value: '1' }));

test('whatever others have asked before, a scope gets what its own store says', async (t) => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '😀'), minLength: 1, maxLength: 3 });
  const question = fc.record({ by: fc.constantFrom<By>('key', 'prefix', 'suffix'), text });
  const store = await openEmbedded(t);
  const whole = new AnswerCache(store, 1 << 20);
  const all = sourcesOf(store);
  const none = new AnswerCache(store, 0);
  const run = fc.asyncProperty(
    fc.array(text, { minLength: 1, maxLength: 8 }),
    fc.array(text, { minLength: 1, maxLength: 3 }),
    fc.array(question, { minLength: 5, maxLength: 30 }),
    async (keys, prefixes, questions) => {
      await store.set(pairs(keys));
      const scope = new Scope(prefixes);
      const limited = new LimitedStore(store, scope);
      const answers = new LimitedAnswers(whole, scope);
      const own = sourcesOf(limited);
      for (let round = 0; round < 2; round++) {
        for (const { by, text } of questions) {
          const before = shownBy(whole, all[by], text);
          t.deepEqual(shownBy(answers, own[by], text), shownBy(none, own[by], text), `${by} ${text} of ${prefixes}`);
          t.deepEqual(shownBy(whole, all[by], text), before, 'and the others what theirs says');
        }
      }
    },
  );
  await fc.assert(run, { numRuns: 100 });
});

test('what is kept of its own keys is not read again, and nothing else is shown', async (t) => {
  const store = await openEmbedded(t);
  await store.set(pairs(['a/1', 'a/2', 'b/1']));
  const whole = new AnswerCache(store, 1 << 20);
  const all = sourcesOf(store);
  for (const [by, text] of [
    ['key', 'a/1'],
    ['prefix', 'a/'],
    ['prefix', 'a'],
    ['suffix', '1'],
    ['key', 'b/1'],
  ] as const) {
    whole.answer(all[by], text);
  }
  const scope = new Scope(['a/']);
  const own = sourcesOf(new LimitedStore(store, scope));
  const answers = new LimitedAnswers(whole, scope);
  const reads: string[] = [];
  const counted = (by: By): Source<TextAnswer> => ({
    by,
    answer(text) {
      reads.push(`${by} ${text}`);
      return own[by].answer(text);
    },
  });
  t.is(answers.answer(counted('key'), 'a/1').text, '1');
  t.is(answers.get('prefix', 'a/')?.text, '["a/1","a/2"]');
  t.is(answers.answers(counted('prefix'))('a/').text, '["a/1","a/2"]');
  t.deepEqual(reads, [], 'kept since others asked');
  t.is(answers.get('suffix', '1'), undefined);
  t.is(answers.get('prefix', 'a'), undefined);
  t.is(answers.answer(counted('suffix'), '1').text, '["a/1"]');
  t.is(answers.answer(counted('prefix'), 'a').text, '["a/1","a/2"]');
  t.throws(() => answers.answer(counted('key'), 'b/1'), { message: /^The token reaches keys that begin with "a\/"/ });
  t.deepEqual(reads, ['suffix 1', 'prefix a', 'key b/1']);
});
