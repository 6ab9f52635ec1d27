/** GET /search: keys by prefix, suffix or both; with values=true, their pairs. */
import { ageOf } from '../answers/age.ts';
import { type Answer, emptyAnswer, jsonAnswer, withHeaders } from '../answers/answer.ts';
import { viewTag } from '../answers/entity-tag.ts';
import { foundObject, keyList } from '../answers/pairs.ts';
import type { AnswerCache, Source } from '../caches/answer-cache.ts';
import type { SearchRequest } from '../requests/reads.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import type { LongRead } from './long-read.ts';
import { nextLink, readPage } from './page.ts';

export interface SearchParts {
  readonly store: Store;
  readonly answers: AnswerCache;
  readonly longRead: LongRead;
  readonly scheduler: EventLoopScheduler;
}

/** Rejects with Problem `unavailable`, `overloaded` or `data-corrupted`. */
export type Search = (request: SearchRequest) => Answer | Promise<Answer>;

export function searchKeys(parts: SearchParts): Search {
  const { store, answers } = parts;
  const sources = { prefix: fewKeysOf(store, 'prefix'), suffix: fewKeysOf(store, 'suffix') };
  const read = (request: SearchRequest): Answer | Promise<Answer> => {
    const { stale, hasCurrent, values } = request;
    const etag = viewTag(store, store);
    const age = ageOf(store, stale);
    if (hasCurrent?.(etag)) return emptyAnswer(304, ['ETag', etag, ...age]);
    const simple = values ? undefined : textOf(request);
    if (simple === undefined) return readLong(parts, request, age);
    const expired = store.lastExpired();
    const ready = answers.answer(sources[simple.by], simple.text);
    // What expires while it is read must not be in an answer whose tag leaves it out, nor the other way round.
    if (ready === undefined || store.lastExpired() !== expired) return readLong(parts, request, age);
    return withHeaders(ready, ['ETag', etag, ...age]);
  };
  return (request) => {
    const fresh = request.stale ? undefined : store.barrier();
    return fresh === undefined ? read(request) : fresh.then(() => read(request));
  };
}

function readLong(
  { store, longRead, scheduler }: SearchParts,
  request: SearchRequest,
  age: readonly string[],
): Promise<Answer> {
  const { filter, limit, query, values, isGone } = request;
  return longRead(async (view) => {
    const headers = ['ETag', viewTag(store, view), ...age, 'Content-Type', 'application/json'];
    const pieces = (keys: Iterable<string | undefined>) => (values ? foundObject(view, keys) : keyList(keys));
    if (limit === undefined) return { headers, pieces: pieces(view.search(filter)) };
    const page = await readPage({ view, filter, limit, scheduler, isGone });
    return { headers: [...headers, ...nextLink('/search', query, page)], pieces: pieces(page.keys) };
  });
}

/** What a search looks for that has one text and no page; undefined: it has more, or all keys fit. */
function textOf({ prefix, suffix, limit, filter }: SearchRequest) {
  const hasBoth = prefix !== undefined && suffix !== undefined;
  if (hasBoth || limit !== undefined || filter.after !== undefined) return undefined;
  const text = prefix ?? suffix ?? '';
  if (text === '' || text.length > maxKeyBytes) return undefined;
  return { by: prefix === undefined ? 'suffix' : 'prefix', text } as const;
}

/** Characters of an answer; a longer one is sent in slices that let others have their turn. */
const maxLength = 16_384;
/** Keys that are looked at: half a millisecond. */
const maxKeys = 1000;

/** What the answer cache keeps of searches that find few keys. */
export function fewKeysOf(store: Store, by: 'prefix' | 'suffix'): Source {
  return {
    by,
    answer(text) {
      // No snapshot: what is read within one turn of the event loop is one state.
      const keys = store.searchBounded(by, text, maxKeys);
      const list = keys === undefined ? undefined : JSON.stringify(keys);
      return list === undefined || list.length > maxLength ? undefined : jsonAnswer(list);
    },
  };
}
