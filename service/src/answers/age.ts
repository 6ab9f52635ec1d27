import type { Store } from '../store/store.ts';

/** How old a read may be that did not wait to be fresh: whole seconds (RFC 9111, 5.1). None for a store that is never behind. */
export function ageHeaders(age: number | undefined): readonly string[] {
  return age === undefined ? none : ['Age', String(Math.floor(age / 1000))];
}

/** The Age of a read that is answered from the index as it is; none for a read that waited to be fresh. */
export function ageOf(store: Pick<Store, 'age'>, stale: boolean): readonly string[] {
  return stale ? ageHeaders(store.age?.()) : none;
}

const none: readonly string[] = [];
