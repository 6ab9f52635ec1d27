/** Reads wait until the index shows every write that was acknowledged before them, unless they are stale. */
import type { ReadKeys, Store } from '../store/store.ts';

interface Read {
  /** True: answered from the index as it is. */
  readonly stale: boolean;
}

/** `keys`: what the request looks at. Answers at once where nothing has to be waited for. Rejects with Problem `unavailable` when a read cannot be made fresh. */
export function afterBarrier<Request extends Read, Answered>(
  store: Pick<Store, 'barrier'>,
  keys: (request: Request) => ReadKeys,
  read: (request: Request) => Answered | Promise<Answered>,
): (request: Request) => Answered | Promise<Answered> {
  return (request) => {
    const fresh = request.stale ? undefined : store.barrier(keys(request));
    return fresh === undefined ? read(request) : fresh.then(() => read(request));
  };
}
