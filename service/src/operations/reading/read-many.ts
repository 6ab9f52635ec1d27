/** Reads of many keys from one snapshot, whole, by page or counted; repeated answers are kept (caches/repeated-reads.ts). */
import { type Answer, withHeaders } from '../../answers/answer.ts';
import { type Form, tagOf, viewTag } from '../../answers/entity-tag.ts';
import type { Reads } from '../../caches/repeated-reads.ts';
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import type { ManyRequest } from '../../requests/reads.ts';
import type { Snapshot, Store } from '../../store/store.ts';
import { countKeys, countText } from '../count.ts';
import type { BarrierParts } from './after-barrier.ts';
import type { LongRead } from './long-read.ts';
import { nextLink, readPage } from './page.ts';

export interface ManyParts extends BarrierParts {
  readonly store: Store;
  readonly repeated: Reads;
  readonly longRead: LongRead;
  readonly scheduler: EventLoopScheduler;
}

/** What is answered, as text in pieces. */
export interface Many {
  /** Of the route, for the link to the next page. */
  readonly path: string;
  readonly form: Form;
  /** Content-Type. */
  readonly type: string;
  /** Everything that fits the request. */
  all(view: Snapshot): Iterable<string>;
  /** The page with these keys. */
  page(view: Snapshot, keys: readonly string[]): Iterable<string>;
}

/** Rejects with what `LongRead` rejects with, and what the request's If-Match throws. */
export async function readMany(
  { store, repeated, longRead, scheduler }: ManyParts,
  { filter, limit, query, question, isCount = false, isGone, mustMatch }: ManyRequest,
  { path, form, type, all, page }: Many,
): Promise<Answer> {
  let tag = '';
  let etag = '';
  const answer = await longRead(async (view, hold) => {
    tag = viewTag(store, view);
    etag = tagOf(tag, form);
    mustMatch?.(etag);
    const headers = ['Content-Type', type];
    const walk = { view, filter, scheduler, isGone };
    if (isCount) return { headers, pieces: [countText(await countKeys(walk))] };
    if (limit === undefined) return { headers, pieces: all(view) };
    const found = await readPage(walk, limit, hold);
    return { headers: [...headers, ...nextLink(path, query, found)], pieces: page(view, found.keys) };
  });
  // A page or a count for a client that has left is broken off.
  return withHeaders(isGone() ? answer : repeated.pass(question, tag, answer), ['ETag', etag]);
}
