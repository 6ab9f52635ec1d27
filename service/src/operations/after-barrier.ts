/** Reads wait until the index shows every write that was acknowledged before them, unless they are stale. */
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { ReadKeys, Store } from '../store/store.ts';

interface Read {
  /** True: answered from the index as it is. */
  readonly stale: boolean;
}

export interface BarrierParts {
  readonly store: Pick<Store, 'barrier' | 'isWhole'>;
  readonly scheduler: Pick<EventLoopScheduler, 'free' | 'goOn' | 'hasTime' | 'wait'>;
}

/**
 * `keys`: what the request looks at. Answers at once where nothing has to be waited for. Rejects with Problem `unavailable`
 * when a read cannot be made fresh.
 *
 * All that waited for one barrier go on together. What the turn of the event loop has no time for goes on in later ones:
 * hundreds of large values at once are more than memory has before the first answer is counted. What the barrier said of
 * the index is true in those turns, too, unless the index is put together anew meanwhile.
 * @param isLong whether the read takes long: is asked after the barrier
 */
export function afterBarrier<Request extends Read, Answered>(
  { store, scheduler }: BarrierParts,
  keys: (request: Request) => ReadKeys,
  read: (request: Request) => Answered | Promise<Answered>,
  isLong: (request: Request) => boolean,
): (request: Request) => Answered | Promise<Answered> {
  const fresh = (request: Request): Answered | Promise<Answered> => {
    const reached = request.stale ? undefined : store.barrier(keys(request));
    return reached === undefined ? read(request) : reached.then(() => inTurn(request));
  };
  const inTurn = (request: Request) => {
    const goesLong = isLong(request);
    if (goesLong ? scheduler.free(true) : scheduler.hasTime) return read(request);
    const turn = goesLong ? scheduler.goOn() : new Promise((resolve) => scheduler.wait(resolve));
    return turn.then(() => (store.isWhole() ? read(request) : fresh(request)));
  };
  return fresh;
}
