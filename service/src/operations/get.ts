/** GET /get/{key}: one value. */
import { Problem } from '@kvstore/core/problem.ts';
import { ageOf } from '../answers/age.ts';
import { emptyAnswer, jsonAnswer, type TextAnswer, withHeaders } from '../answers/answer.ts';
import { versionTag } from '../answers/entity-tag.ts';
import { problemAnswer } from '../answers/problem.ts';
import type { Answers, Source } from '../caches/answer-cache.ts';
import type { EventLoopScheduler } from '../flow-control/event-loop-scheduler.ts';
import type { GetRequest } from '../requests/reads.ts';
import type { Store } from '../store/store.ts';
import { afterBarrier, type BarrierParts } from './reading/after-barrier.ts';

/** Rejects with Problem `unavailable` when the read cannot be made fresh, `data-corrupted` when the value is damaged. */
export type Get = (request: GetRequest) => TextAnswer | Promise<TextAnswer>;

export interface GetParts extends BarrierParts {
  readonly store: Store;
  readonly scheduler: BarrierParts['scheduler'] & Pick<EventLoopScheduler, 'hasSentMuch'>;
  readonly answers: Answers;
}

export function getValue(parts: GetParts): Get {
  const { store, scheduler, answers } = parts;
  const source = valuesOf(store);
  const read = ({ key, stale, heldTag, mustMatch }: GetRequest): TextAnswer => {
    const answer = answers.answer(source, key);
    const age = ageOf(store, stale);
    const { etag } = answer;
    mustMatch?.(etag);
    const held = etag === undefined ? undefined : heldTag?.(etag);
    if (held !== undefined) return emptyAnswer(304, ['ETag', held, ...age]);
    return withHeaders(answer, age);
  };
  return afterBarrier(
    parts,
    ({ key }) => key,
    read,
    // While much is sent: what is read at once for many clients is no longer little work.
    (request) => scheduler.hasSentMuch && request.isLarge?.() === true,
  );
}

/** May be kept like a value: it is a state of the key. */
const missing = problemAnswer(new Problem('key-not-found', 'The store has no such key.'), []);

/** What the answer cache keeps of single values: also that a key is not there. */
export function valuesOf(store: Store): Source<TextAnswer> {
  return {
    by: 'key',
    answer(key) {
      const entry = store.get(key);
      return entry === undefined ? missing : jsonAnswer(entry.value, versionTag(store.timeline(), entry.version));
    },
  };
}
