/** Reads wait until the index shows every write that was acknowledged before them, unless they are stale. */
import { overloaded } from '@kvstore/core/problem.ts';
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import type { ReadKeys, Store } from '../../store/store.ts';

interface Read {
  /** True: answered from the index as it is. */
  readonly stale: boolean;
}

export interface BarrierParts {
  readonly store: Pick<Store, 'barrier' | 'isWhole'>;
  readonly scheduler: Pick<EventLoopScheduler, 'free' | 'hasTime' | 'next'>;
  /** Milliseconds that a read may wait for its turn after the barrier; without: as long as it takes. */
  readonly maxWait?: number;
}

/**
 * `keys`: what the request looks at. Answers at once where nothing has to be waited for. Rejects with Problem `unavailable`
 * when a read cannot be made fresh, and with `overloaded`.
 *
 * All that waited for one barrier go on together. What the turn of the event loop has no time for goes on in later ones:
 * hundreds of large values, or of searches through all keys, are more than a turn has time and memory for. Until then they
 * hold nothing, so what has begun goes before them. What the barrier said of the index is true in those turns, too, unless
 * the index is put together anew meanwhile.
 * @param isLong whether it is long work, as any read of many keys is
 */
export function afterBarrier<Request extends Read, Answered>(
  { store, scheduler, maxWait = Number.POSITIVE_INFINITY }: BarrierParts,
  keys: (request: Request) => ReadKeys,
  read: (request: Request) => Answered | Promise<Answered>,
  isLong: (request: Request) => boolean = () => true,
): (request: Request) => Answered | Promise<Answered> {
  const fresh = (request: Request): Answered | Promise<Answered> => {
    const reached = request.stale ? undefined : store.barrier(keys(request));
    return reached === undefined ? read(request) : reached.then(() => inTurn(request));
  };
  // Not async: a promise more is a part of what a read costs.
  const inTurn = (request: Request): Answered | Promise<Answered> => {
    const long = isLong(request);
    if (long ? scheduler.free(true) : scheduler.hasTime) return read(request);
    return scheduler.next(long).then(later(request));
  };
  const later = (request: Request) => (waited: number) => {
    if (waited > maxWait) throw overloaded('More is asked of the service than it can do now.');
    return store.isWhole() ? read(request) : fresh(request);
  };
  return fresh;
}
