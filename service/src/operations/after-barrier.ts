/** Reads wait until the index shows every write that was acknowledged before them, unless they are stale. */
import type { Store } from '../store/store.ts';

interface Read {
  /** True: answered from the index as it is. */
  readonly stale: boolean;
}

/** Answers at once where nothing has to be waited for. Rejects with Problem `unavailable` when a read cannot be made fresh. */
export function afterBarrier<Request extends Read, Answered>(
  store: Pick<Store, 'barrier'>,
  read: (request: Request) => Answered | Promise<Answered>,
): (request: Request) => Answered | Promise<Answered> {
  return (request) => {
    const fresh = request.stale ? undefined : store.barrier();
    return fresh === undefined ? read(request) : fresh.then(() => read(request));
  };
}
