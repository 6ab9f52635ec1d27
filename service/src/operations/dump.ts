/** GET /: every pair, in order, as one JSON object or as JSON Lines. */
import { ageOf } from '../answers/age.ts';
import { type Answer, emptyAnswer, forBrowsers, withHeaders } from '../answers/answer.ts';
import { versionTag, viewTag } from '../answers/entity-tag.ts';
import { pairLine } from '../answers/pair-line.ts';
import { pairObject, pairsOf } from '../answers/pairs.ts';
import type { DumpCache } from '../caches/dump-cache.ts';
import type { RepeatedReads } from '../caches/repeated-reads.ts';
import { type DumpRequest, jsonLines } from '../requests/reads.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { Reader, Store, VersionedPair } from '../store/store.ts';
import { afterBarrier } from './after-barrier.ts';
import type { LongRead } from './long-read.ts';
import { nextLink, readPage } from './page.ts';

export interface DumpParts {
  readonly store: Store;
  readonly dumps: DumpCache;
  readonly repeated: RepeatedReads;
  readonly longRead: LongRead;
  readonly scheduler: EventLoopScheduler;
}

/** Rejects with Problem `unavailable`, `overloaded` or `data-corrupted`. */
export type Dump = (request: DumpRequest) => Answer | Promise<Answer>;

/** Other texts come for another Accept. */
const vary = ['Vary', 'Accept'];

export function dumpPairs(parts: DumpParts): Dump {
  const { store, dumps, repeated } = parts;
  const read = (request: DumpRequest): Answer | Promise<Answer> => {
    const { stale, hasCurrent, mustMatch, asLines } = request;
    const head = [...vary, ...ageOf(store, stale)];
    mustMatch?.(viewTag(store, store, form(asLines)));
    if (hasCurrent !== undefined) {
      const etag = viewTag(store, store, form(asLines));
      if (hasCurrent(etag)) return emptyAnswer(304, [...head, 'ETag', etag]);
    }
    const ready = isWhole(request) ? dumps.take() : undefined;
    if (ready === undefined) {
      const kept = repeated.get(request.question, viewTag(store, store));
      return kept === undefined ? readLong(parts, request, head) : withHeaders(kept, head);
    }
    const { parts: bytes, length, revision, release } = ready;
    // A dump that is ready shows nothing that has expired.
    const etag = versionTag(store.timeline(), revision);
    const type = ['Content-Type', 'application/json', ...forBrowsers];
    const headers = [...head, 'ETag', etag, ...type, 'Content-Length', String(length)];
    return { kind: 'bytes', status: 200, headers, parts: bytes, length, release };
  };
  return afterBarrier(store, read);
}

function isWhole({ asLines, limit, filter }: DumpRequest): boolean {
  return !asLines && limit === undefined && filter.after === undefined && filter.prefix === undefined;
}

async function readLong(
  { store, repeated, longRead, scheduler }: DumpParts,
  { filter, limit, query, question, asLines, isCounted = false, isGone, mustMatch }: DumpRequest,
  head: readonly string[],
): Promise<Answer> {
  let tag = '';
  const answer = await longRead(async (view) => {
    tag = viewTag(store, view);
    const etag = viewTag(store, view, form(asLines));
    mustMatch?.(etag);
    const headers = ['ETag', etag, 'Content-Type', asLines ? jsonLines : 'application/json'];
    const pieces = (pairs: Iterable<VersionedPair>) => (asLines ? lines(view, pairs, isCounted) : pairObject(pairs));
    if (limit === undefined) return { headers, pieces: pieces(view.pairs(filter)) };
    const page = await readPage({ view, filter, limit, scheduler, isGone });
    return { headers: [...headers, ...nextLink('/', query, page)], pieces: pieces(pairsOf(view, page.keys)) };
  });
  // A page for a client that has left is broken off.
  return withHeaders(isGone() ? answer : repeated.pass(question, tag, answer), head);
}

/** What tells the entity tags of the two forms apart. */
function form(asLines: boolean): '' | '-lines' {
  return asLines ? '-lines' : '';
}

/** The last line, when it is asked for, proves that nothing is missing: HTTP/1.0 has no end of its own, nor has a log of it. */
function* lines(view: Reader, pairs: Iterable<VersionedPair>, isCounted: boolean): Iterable<string> {
  let count = 0;
  for (const pair of pairs) {
    count++;
    yield pairLine(pair, view.expires(pair.key));
  }
  if (isCounted) yield `{"count":${count}}\n`;
}
