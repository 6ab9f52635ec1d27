/** GET /search: keys by the texts in them, folded or not; with values=true, their pairs. */
import { maxKeyBytes } from '@kvstore/core/key.ts';
import { ageOf } from '../answers/age.ts';
import { type Answer, emptyAnswer, jsonAnswer, type TextAnswer, withHeaders } from '../answers/answer.ts';
import { withForms } from '../answers/compress.ts';
import { viewTag } from '../answers/entity-tag.ts';
import { type Answers, longestKept, type Source } from '../caches/answer-cache.ts';
import type { SearchRequest } from '../requests/reads.ts';
import type { Snapshot, Store } from '../store/store.ts';
import { countText } from './count.ts';
import { afterBarrier } from './reading/after-barrier.ts';
import { joined, maxKeys, maxLength } from './reading/at-one-go.ts';
import { foundText } from './reading/found-texts.ts';
import { nextLink } from './reading/page.ts';
import { type Many, type ManyParts, readMany } from './reading/read-many.ts';
import { isPlainFilter, itemsAtOneGo } from './reading/walk-keys.ts';

export interface SearchParts extends ManyParts {
  readonly answers: Answers;
}

/** Rejects with Problem `unavailable`, `overloaded` or `data-corrupted`. */
export type Search = (request: SearchRequest) => Answer | Promise<Answer>;

export function searchKeys(parts: SearchParts): Search {
  const { store, answers, repeated } = parts;
  const sources = { prefix: fewKeysOf(store, 'prefix'), suffix: fewKeysOf(store, 'suffix') };
  const read = (request: SearchRequest): Answer | Promise<Answer> => {
    const { stale, heldTag, mustMatch, question } = request;
    const expired = store.lastExpired();
    const etag = viewTag(store, store);
    mustMatch?.(etag);
    const age = ageOf(store, stale);
    const held = heldTag?.(etag);
    if (held !== undefined) return emptyAnswer(304, ['ETag', held, ...age]);
    const head = ['ETag', etag, ...age];
    const one = oneText(request);
    const kept = (one && answers.get(one.by, one.text)) ?? repeated.get(question, etag);
    if (kept !== undefined) return withHeaders(kept, head);
    const few = one === undefined ? fewOf(store, request) : answers.answer(sources[one.by], one.text);
    // What expires while it is read must not be in an answer whose tag leaves it out, nor the other way round.
    if (few === undefined || store.lastExpired() !== expired) {
      return readMany(parts, request, allOf(request)).then((answer) => withHeaders(answer, age));
    }
    const isKept = one !== undefined && few.text.length <= longestKept;
    return withHeaders(isKept ? few : repeated.pass(question, etag, few), head);
  };
  return afterBarrier(parts, ({ filter }) => filter, read);
}

function allOf({ filter, values }: SearchRequest): Many {
  const texts = (view: Snapshot, items: Iterable<string | undefined>) => foundText(view, items, filter, values);
  const all = (view: Snapshot) => texts(view, view.search(filter));
  return { path: '/search', form: '', type: 'application/json', all, page: texts };
}

/** What the answer cache keeps of searches that find few keys. */
export function fewKeysOf(store: Store, by: 'prefix' | 'suffix'): Source {
  return {
    by,
    answer(text) {
      // No snapshot: what is read within one turn of the event loop is one state.
      const keys = store.searchBounded(by, text, maxKeys);
      const list = keys === undefined ? undefined : JSON.stringify(keys);
      return list === undefined || list.length > maxLength ? undefined : withForms(jsonAnswer(list));
    },
  };
}

interface OneText {
  readonly by: 'prefix' | 'suffix';
  readonly text: string;
}

/** What a search by one text asks for, when its answer may be kept until a write changes it. */
function oneText(request: SearchRequest): OneText | undefined {
  return isPlain(request) ? lookUpOf(request.filter) : undefined;
}

/** By one text, keys alone, all of them. */
function isPlain({ filter, values, limit, isCount = false }: SearchRequest): boolean {
  const isByOne = filter.prefix === undefined || filter.suffix === undefined;
  return isByOne && !values && !isCount && limit === undefined && isPlainFilter(filter);
}

/** By which text keys are looked up. Undefined: all keys fit an empty one, and a page from somewhere in between may begin behind many. */
function lookUpOf({ prefix, suffix, after }: SearchRequest['filter']): OneText | undefined {
  const by = prefix === undefined ? 'suffix' : 'prefix';
  const text = prefix ?? suffix ?? '';
  return text === '' || text.length > maxKeyBytes || after !== undefined ? undefined : { by, text };
}

/** A search that finds few keys, and is not plain, read at one go; undefined: it looks at more. */
function fewOf(store: Store, request: SearchRequest): TextAnswer | undefined {
  const { values, limit = Number.POSITIVE_INFINITY, query, filter, isCount } = request;
  const items = isPlainFilter(filter) ? fewByText(store, request) : itemsAtOneGo(store, filter, limit + 1);
  if (items === undefined) return undefined;
  if (isCount) return jsonAnswer(countText(items.length));
  const page = { keys: items.slice(0, limit), more: items.length > limit };
  const body = joined(foundText(store, page.keys, filter, values));
  return body === undefined ? undefined : withHeaders(jsonAnswer(body), nextLink('/search', query, page));
}

/** With both texts, values or a page. */
function fewByText(store: Store, { filter }: SearchRequest): string[] | undefined {
  const one = lookUpOf(filter);
  if (one === undefined) return undefined;
  const found = store.searchBounded(one.by, one.text, maxKeys);
  const { suffix } = filter;
  return one.by === 'prefix' && suffix !== undefined ? found?.filter((key) => key.endsWith(suffix)) : found;
}
