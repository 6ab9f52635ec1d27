/** GET /: every pair, in order, as one JSON object or as JSON Lines. */
import { pairLine } from '@kvstore/core/pair-line.ts';
import { ageOf } from '../answers/age.ts';
import { type Answer, emptyAnswer, forBrowsers, withHeaders } from '../answers/answer.ts';
import { type Form, tagOf, versionTag, viewTag } from '../answers/entity-tag.ts';
import { pairObject, pairsOf } from '../answers/pairs.ts';
import type { DumpCache } from '../caches/dump-cache.ts';
import { type DumpRequest, jsonLines } from '../requests/reads.ts';
import type { Reader, SearchFilter, Snapshot, VersionedPair } from '../store/store.ts';
import { afterBarrier } from './reading/after-barrier.ts';
import { countLine, foundLines, foundText } from './reading/found-texts.ts';
import { type Many, type ManyParts, readMany } from './reading/read-many.ts';
import { isPlainFilter } from './reading/walk-keys.ts';

export interface DumpParts extends ManyParts {
  readonly dumps: DumpCache;
}

/** Rejects with Problem `unavailable`, `overloaded` or `data-corrupted`. */
export type Dump = (request: DumpRequest) => Answer | Promise<Answer>;

/** Other texts come for another Accept. */
const vary = ['Vary', 'Accept'];

export function dumpPairs(parts: DumpParts): Dump {
  const { store, dumps, repeated } = parts;
  const read = (request: DumpRequest): Answer | Promise<Answer> => {
    const { stale, heldTag, mustMatch } = request;
    const head = [...vary, ...ageOf(store, stale)];
    const form = formOf(request);
    const etag = () => tagOf(viewTag(store, store), form);
    mustMatch?.(etag());
    const held = heldTag?.(etag());
    if (held !== undefined) return emptyAnswer(304, [...head, 'ETag', held]);
    const ready = isWhole(request) ? dumps.take() : undefined;
    if (ready === undefined) {
      const tag = viewTag(store, store);
      const kept = repeated.get(request.question, tag);
      if (kept !== undefined) return withHeaders(kept, [...head, 'ETag', tagOf(tag, form)]);
      return readMany(parts, request, allOf(request)).then((answer) => withHeaders(answer, head));
    }
    const { parts: bytes, length, revision, forms, release } = ready;
    // A dump that is ready shows nothing that has expired.
    const version = versionTag(store.timeline(), revision);
    const type = ['Content-Type', 'application/json', ...forBrowsers];
    const headers = [...head, 'ETag', version, ...type, 'Content-Length', String(length)];
    return { kind: 'bytes', status: 200, headers, parts: bytes, length, forms, release };
  };
  return afterBarrier(parts, ({ filter }) => filter, read);
}

function isWhole({ asLines, limit, isCount = false, filter }: DumpRequest): boolean {
  const { prefix, suffix, after } = filter;
  if (asLines || isCount || limit !== undefined) return false;
  return prefix === undefined && suffix === undefined && after === undefined && isPlainFilter(filter);
}

function formOf({ asLines }: DumpRequest): Form {
  return asLines ? '-lines' : '';
}

function allOf(request: DumpRequest): Many {
  const { filter, asLines } = request;
  const type = asLines ? jsonLines : 'application/json';
  return { path: '/', form: formOf(request), type, ...(isAlong(filter) ? alongPairs(request) : alongKeys(request)) };
}

/** One range of keys, which is read with its values. */
function isAlong(filter: SearchFilter): boolean {
  return filter.suffix === undefined && isPlainFilter(filter);
}

type Texts = Pick<Many, 'all' | 'page'>;

function alongPairs({ filter, asLines, isCounted = false }: DumpRequest): Texts {
  const texts = (view: Snapshot, pairs: Iterable<VersionedPair>) =>
    asLines ? lines(view, pairs, isCounted) : pairObject(pairs);
  return {
    all: (view) => texts(view, view.pairs(filter)),
    page: (view, keys) => texts(view, pairsOf(view, keys)),
  };
}

/** What is found first, and then read. */
function alongKeys({ filter, asLines, isCounted = false }: DumpRequest): Texts {
  const texts = (view: Snapshot, items: Iterable<string | undefined>) =>
    asLines ? foundLines(view, items, filter, isCounted) : foundText(view, items, filter, true);
  return { all: (view) => texts(view, view.search(filter)), page: texts };
}

function* lines(view: Reader, pairs: Iterable<VersionedPair>, isCounted: boolean): Iterable<string> {
  let count = 0;
  for (const pair of pairs) {
    count++;
    yield pairLine(pair, view.expires(pair.key));
  }
  if (isCounted) yield countLine(count);
}
