/** How many keys hold, alone: `count=true` of /search and /. */
import type { Answer } from '../answers/answer.ts';
import { withHeaders } from '../answers/answer.ts';
import { viewTag } from '../answers/entity-tag.ts';
import type { ManyRequest } from '../requests/reads.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { KeyFilter, Snapshot } from '../store/store.ts';
import type { ManyParts } from './read-many.ts';

/** The body of the answer. */
export function countText(count: number): string {
  return `{"count":${count}}`;
}

/**
 * Counts in one state of the store, as a long read; others have their turn meanwhile. Rejects with what `LongRead` rejects
 * with, and what the request's If-Match throws.
 */
export async function countMany(
  { store, repeated, longRead, scheduler }: ManyParts,
  { filter, question, isGone, mustMatch }: ManyRequest,
): Promise<Answer> {
  let tag = '';
  const answer = await longRead(async (view) => {
    tag = viewTag(store, view);
    mustMatch?.(tag);
    const count = knownCount(view, filter) ?? (await countKeys(view, filter, scheduler, isGone));
    return { headers: ['Content-Type', 'application/json'], pieces: [countText(count)] };
  });
  // What is counted for a client that has left is broken off.
  return withHeaders(isGone() ? answer : repeated.pass(question, tag, answer), ['ETag', tag]);
}

/** Of all keys. */
function knownCount(view: Snapshot, { prefix = '', suffix = '', after }: KeyFilter): number | undefined {
  return prefix === '' && suffix === '' && after === undefined ? view.count?.() : undefined;
}

async function countKeys(
  view: Snapshot,
  filter: KeyFilter,
  scheduler: EventLoopScheduler,
  isGone: () => boolean,
): Promise<number> {
  let count = 0;
  for (const key of view.search(filter)) {
    if (key !== undefined) {
      count++;
      continue;
    }
    await scheduler.goOn();
    if (isGone()) break;
  }
  return count;
}
