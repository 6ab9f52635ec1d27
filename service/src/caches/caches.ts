/** What keeps answers ready, with the memory that the settings give each. */
import type { Scope } from '../store/limited/scope.ts';
import type { Store } from '../store/store.ts';
import { AnswerCache, type Answers } from './answer-cache.ts';
import { DumpCache } from './dump-cache.ts';
import { LimitedAnswers } from './limited-answers.ts';
import { LimitedReads } from './limited-reads.ts';
import { type Reads, RepeatedReads } from './repeated-reads.ts';

export interface Caches {
  readonly answers: Answers;
  readonly repeated: Reads;
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

/** Of a token that sees `limited` of the store: in the same memory as what is kept for all. Its whole dump is read like any other range. */
export function limitedCaches({ answers, repeated }: Caches, store: Store, limited: Store, scope: Scope): Caches {
  return {
    answers: new LimitedAnswers(answers, scope),
    repeated: new LimitedReads(repeated, store, limited),
    dumps: new DumpCache(limited, 0),
  };
}
