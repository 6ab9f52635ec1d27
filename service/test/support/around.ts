/** A store around another one: what is given is done instead, the rest as the other does it. */
import type { Store } from '../../src/store/store.ts';

export function around(store: Store, instead: Partial<Store>): Store {
  return {
    get: (key) => store.get(key),
    keys: (filter) => store.keys(filter),
    search: (filter, turn) => store.search(filter, turn),
    searchBounded: (by, text, most) => store.searchBounded(by, text, most),
    pairs: (filter) => store.pairs(filter),
    expires: (key) => store.expires(key),
    lastExpired: () => store.lastExpired(),
    revision: () => store.revision(),
    barrier: (keys) => store.barrier(keys),
    isWhole: () => store.isWhole(),
    set: (pairs, options) => store.set(pairs, options),
    delete: (keys, condition) => store.delete(keys, condition),
    transact: (parts) => store.transact(parts),
    increment: (amounts) => store.increment(amounts),
    watch: (after, on, timeline) => store.watch(after, on, timeline),
    timeline: () => store.timeline(),
    snapshot: () => store.snapshot(),
    ...(store.age === undefined ? {} : { age: () => store.age?.() }),
    notReady: () => store.notReady(),
    close: () => store.close(),
    ...instead,
  };
}
