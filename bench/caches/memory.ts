/**
 * What a cache takes when it is as full as its default lets it be: `node --expose-gc bench/caches/memory.ts NAME` prints the
 * bytes by which the heap and the buffers outside of it grow, in a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { jsonAnswer } from '../../service/src/answers/answer.ts';
import { CodedForms } from '../../service/src/answers/coded-forms.ts';
import { AnswerCache, type Source } from '../../service/src/caches/answer-cache.ts';
import { repeatedPart } from '../../service/src/caches/caches.ts';
import { DumpCache } from '../../service/src/caches/dump-cache.ts';
import { RepeatedReads } from '../../service/src/caches/repeated-reads.ts';
import { readConfig } from '../../service/src/config.ts';
import { ByteBudget } from '../../service/src/flow-control/byte-budget.ts';
import { keyOf, prefixOf } from '../speed/data.ts';
import type { CacheName } from './caches.ts';
import { keys, prefixes, silentStore } from './sources.ts';
import { value } from './workloads.ts';

const { answerCache, dumpCache } = readConfig({});
const forAnswers = answerCache * (1 - repeatedPart);

/** Each returns what holds the memory. */
const full: Readonly<Record<CacheName, () => unknown>> = {
  values: () => answersOf(keys, keyOf),
  searches: () => answersOf(prefixes, prefixOf),
  'repeated reads': repeated,
  dumps,
  forms,
};

const name = process.argv[2] as CacheName;
const before = await bytesNow();
const held = await full[name]();
console.log((await bytesNow()) - before);
// It lives until it was measured.
if (held === undefined) throw new Error(`${name} keeps nothing`);

async function bytesNow(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** More than its two generations hold. */
function answersOf(source: Source, textOf: (n: number) => string): AnswerCache {
  const cache = new AnswerCache(silentStore(), forAnswers);
  for (let n = 0; n < 300_000; n++) cache.answer(source, textOf(n));
  return cache;
}

/** More than it holds. Each comes a second time: until then it is a text, and all of these would share one. */
function repeated(): RepeatedReads {
  const cache = new RepeatedReads(answerCache * repeatedPart);
  const body = JSON.stringify('x'.repeat(16_000));
  for (let n = 0; n < 1000; n++) {
    cache.pass(`question ${n}`, 'tag', jsonAnswer(body));
    const kept = cache.get(`question ${n}`, 'tag');
    if (kept?.kind === 'bytes') kept.release();
  }
  return cache;
}

/** Pairs whose text is as long as the cache takes. */
function dumps(): DumpCache {
  const count = Math.floor((dumpCache - 1000) / (keyOf(0).length + value.length + 4));
  const indexOf = new Map(Array.from({ length: count }, (_, n) => [keyOf(n), n] as const));
  function* pairs({ after }: { readonly after?: string | undefined }) {
    for (let n = after === undefined ? 0 : (indexOf.get(after) ?? 0) + 1; n < count; n++)
      yield { key: keyOf(n), value };
  }
  // With a clock that stands still it reads all at one go.
  const cache = new DumpCache(silentStore({ pairs }), dumpCache, () => 0);
  const ready = cache.take();
  if (ready === undefined) throw new Error('The dump is not kept');
  ready.release();
  indexOf.clear();
  return cache;
}

/** Of a text that comes to nearly as many bytes as a form may have, in both codings. */
async function forms(): Promise<CodedForms> {
  const cache = new CodedForms();
  const unsent = new ByteBudget(1 << 30);
  const parts = [Buffer.from(randomBytes(6_900_000).toString('hex'))];
  for (const coding of ['gzip', 'zstd'] as const) {
    const form = await cache.take(coding, 13_800_000, parts, unsent);
    if (form?.kind !== 'bytes') throw new Error(`The form in ${coding} is not kept`);
    form.release();
  }
  return cache;
}
