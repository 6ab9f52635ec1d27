/** What keeps answers ready, with the memory that the settings give each. */
import type { Store } from '../store/store.ts';
import { AnswerCache } from './answer-cache.ts';
import { DumpCache } from './dump-cache.ts';
import { RepeatedReads } from './repeated-reads.ts';

export interface Caches {
  readonly answers: AnswerCache;
  readonly repeated: RepeatedReads;
  readonly dumps: DumpCache;
}

/** Of the memory for answers: those of reads of many keys, which any write drops. */
export const repeatedPart = 1 / 4;

/** Bytes of `KV_ANSWER_CACHE` and of `KV_DUMP_CACHE`. */
export interface CacheSizes {
  readonly answerCache: number;
  readonly dumpCache: number;
}

export function createCaches(store: Store, { answerCache, dumpCache }: CacheSizes): Caches {
  return {
    answers: new AnswerCache(store, answerCache * (1 - repeatedPart)),
    repeated: new RepeatedReads(answerCache * repeatedPart, store),
    dumps: new DumpCache(store, dumpCache),
  };
}
