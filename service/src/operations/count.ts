/** How many keys hold, alone: `count=true` of /search and /. */
import type { ManyRequest } from '../requests/reads.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { KeyFilter, Snapshot } from '../store/store.ts';

/** The body of the answer. */
export function countText(count: number): string {
  return `{"count":${count}}`;
}

/** Counts in one state of the store, in slices between which others have their turn; broken off when the client is gone. */
export async function countKeys(
  view: Snapshot,
  { filter, isGone }: Pick<ManyRequest, 'filter' | 'isGone'>,
  scheduler: EventLoopScheduler,
): Promise<number> {
  const known = knownCount(view, filter);
  if (known !== undefined) return known;
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

/** Of all keys. */
function knownCount(view: Snapshot, { prefix = '', suffix = '', after }: KeyFilter): number | undefined {
  return prefix === '' && suffix === '' && after === undefined ? view.count?.() : undefined;
}
