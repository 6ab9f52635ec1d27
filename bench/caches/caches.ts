/** What is judged: each cache by itself, left out of a service that has all others. */
import { CodedForms } from '../../service/src/answers/coded-forms.ts';
import { AnswerCache, type Source } from '../../service/src/caches/answer-cache.ts';
import { type CacheSizes, type Caches, repeatedPart } from '../../service/src/caches/caches.ts';
import { DumpCache } from '../../service/src/caches/dump-cache.ts';
import { RepeatedReads } from '../../service/src/caches/repeated-reads.ts';
import type { Store } from '../../service/src/store/store.ts';

export const cacheNames = ['values', 'searches', 'repeated reads', 'dumps', 'forms'] as const;
export type CacheName = (typeof cacheNames)[number];

/** Answers without those that a source of this kind gives. */
class AnswersBut extends AnswerCache {
  readonly #isOut: (source: Source) => boolean;

  constructor(store: Store, maxBytes: number, isOut: (source: Source) => boolean) {
    super(store, maxBytes);
    this.#isOut = isOut;
  }

  override answer<Found extends ReturnType<Source['answer']>>(source: Source<Found>, asked: string) {
    return this.#isOut(source) ? source.answer(asked) : super.answer(source, asked);
  }

  override answers<Found extends ReturnType<Source['answer']>>(source: Source<Found>) {
    return this.#isOut(source) ? (asked: string) => source.answer(asked) : super.answers(source);
  }
}

/** Each answer is compressed anew. */
class DumpsWithoutForms extends DumpCache {
  override take() {
    const ready = super.take();
    return ready === undefined ? undefined : { ...ready, forms: new CodedForms() };
  }
}

class RepeatedWithoutForms extends RepeatedReads {
  override get(question: string, tag: string) {
    const kept = super.get(question, tag);
    return kept?.kind === 'bytes' ? { ...kept, forms: new CodedForms() } : kept;
  }
}

/** All caches but one. Only what is used listens to the store. */
export function cachesWithout(out: CacheName, store: Store, { answerCache, dumpCache }: CacheSizes): Caches {
  const forAnswers = answerCache * (1 - repeatedPart);
  const forRepeated = answerCache * repeatedPart;
  return {
    answers: answersWithout(out, store, forAnswers),
    repeated: repeatedWithout(out, store, forRepeated),
    dumps: dumpsWithout(out, store, dumpCache),
  };
}

function answersWithout(out: CacheName, store: Store, bytes: number): AnswerCache {
  if (out === 'values') return new AnswersBut(store, bytes, ({ by }) => by === 'key');
  if (out === 'searches') return new AnswersBut(store, bytes, ({ by }) => by !== 'key');
  return new AnswerCache(store, bytes);
}

function repeatedWithout(out: CacheName, store: Store, bytes: number): RepeatedReads {
  if (out === 'repeated reads') return new RepeatedReads(0);
  return out === 'forms' ? new RepeatedWithoutForms(bytes, store) : new RepeatedReads(bytes, store);
}

function dumpsWithout(out: CacheName, store: Store, bytes: number): DumpCache {
  if (out === 'dumps') return new DumpCache(store, 0);
  return out === 'forms' ? new DumpsWithoutForms(store, bytes) : new DumpCache(store, bytes);
}
