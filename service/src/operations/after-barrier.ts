/** Reads wait until the index shows every write that was acknowledged before them, unless they are stale. */
import { overloaded } from '@kvstore/core/problem.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { ReadKeys, Store } from '../store/store.ts';

interface Read {
  /** True: answered from the index as it is. */
  readonly stale: boolean;
}

export interface BarrierParts {
  readonly store: Pick<Store, 'barrier' | 'isWhole'>;
  readonly scheduler: Pick<EventLoopScheduler, 'hasSentMuch' | 'hasTime' | 'wait'>;
  /** Milliseconds that a read may wait for its turn after the barrier; without: as long as it takes. */
  readonly maxWait?: number;
}

/**
 * `keys`: what the request looks at. Answers at once where nothing has to be waited for. Rejects with Problem `unavailable`
 * when a read cannot be made fresh, and with `overloaded`.
 *
 * All that waited for one barrier go on together. What the turn of the event loop has no time for goes on in later ones:
 * hundreds of large values at once are more than memory has before the first answer is counted. What the barrier said of
 * the index is true in those turns, too, unless the index is put together anew meanwhile.
 * @param mayBeLarge whether the answer may be large, as that of any read of many keys: then the read waits as long work when many of those are sent
 */
export function afterBarrier<Request extends Read, Answered>(
  { store, scheduler, maxWait = Number.POSITIVE_INFINITY }: BarrierParts,
  keys: (request: Request) => ReadKeys,
  read: (request: Request) => Answered | Promise<Answered>,
  mayBeLarge: (request: Request) => boolean = () => true,
): (request: Request) => Answered | Promise<Answered> {
  const fresh = (request: Request): Answered | Promise<Answered> => {
    const reached = request.stale ? undefined : store.barrier(keys(request));
    return reached === undefined ? read(request) : reached.then(() => inTurn(request));
  };
  // Not async: a promise more is a part of what a read costs.
  const inTurn = (request: Request): Answered | Promise<Answered> => {
    const isLong = scheduler.hasSentMuch && mayBeLarge(request);
    if (!isLong && scheduler.hasTime) return read(request);
    return new Promise<number>((resolve) => scheduler.wait(resolve, isLong)).then((waited) => {
      if (waited > maxWait) throw overloaded('More is asked of the service than it can do now.');
      return store.isWhole() ? read(request) : fresh(request);
    });
  };
  return fresh;
}
