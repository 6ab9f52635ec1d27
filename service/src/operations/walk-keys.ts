/** A walk along the keys of a snapshot, in slices between which others have their turn. */
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { KeyFilter, Snapshot } from '../store/store.ts';

export interface Walk {
  readonly view: Snapshot;
  readonly filter: KeyFilter;
  readonly scheduler: EventLoopScheduler;
  /** Whether the client has left: an answer for it is not worth looking for. */
  readonly isGone: () => boolean;
}

/** Visits keys in order until `visit` returns false, the client is gone, or there are no more. */
export async function walkKeys(
  { view, filter, scheduler, isGone }: Walk,
  visit: (key: string) => boolean,
): Promise<void> {
  for (const key of view.search(filter)) {
    if (key === undefined) {
      await scheduler.goOn();
      if (isGone()) return;
    } else if (!visit(key)) return;
  }
}
