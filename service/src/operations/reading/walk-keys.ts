/** Walks along keys in order or in reverse, or along the items that they are folded into. */
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import type { Reader, SearchFilter, Snapshot } from '../../store/store.ts';

export interface Walk {
  readonly view: Snapshot;
  readonly filter: SearchFilter;
  readonly scheduler: EventLoopScheduler;
  /** Whether the client has left: an answer for it is not worth looking for. */
  readonly isGone: () => boolean;
}

/** Visits items in slices, between which others have their turn, until `visit` returns false, the client is gone, or there are no more. */
export async function walkKeys(
  { view, filter, scheduler, isGone }: Walk,
  visit: (item: string) => boolean,
): Promise<void> {
  for (const item of view.search(filter)) {
    if (item === undefined) {
      await scheduler.goOn();
      if (isGone()) return;
    } else if (!visit(item)) return;
  }
}

/**
 * Items as the store has them now, read at one go: the first `enough` of them, or all. Undefined: it would take looking at
 * more than 1000 keys.
 */
export function itemsAtOneGo(view: Reader, filter: SearchFilter, enough: number): string[] | undefined {
  // A scan for a text may look at any number of keys and find none.
  if (filter.contains !== undefined) return undefined;
  const items: string[] = [];
  for (const item of view.search(filter)) {
    if (item === undefined) return undefined;
    items.push(item);
    if (items.length === enough) break;
  }
  return items;
}

/** By prefix and suffix alone, in order, every key an item of its own. */
export function isPlainFilter({ contains, fold, reverse = false }: SearchFilter): boolean {
  return contains === undefined && fold === undefined && !reverse;
}
