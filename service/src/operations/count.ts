/** How many items a search or a dump has, alone: `count=true` of /search and /. */
import { isPlainFilter, type Walk, walkKeys } from './reading/walk-keys.ts';

/** The body of the answer. */
export function countText(count: number): string {
  return `{"count":${count}}`;
}

/** Counts what a walk would visit. */
export async function countKeys(walk: Walk): Promise<number> {
  const known = knownCount(walk);
  if (known !== undefined) return known;
  let count = 0;
  await walkKeys(walk, () => {
    count++;
    return true;
  });
  return count;
}

/** Of all keys. */
function knownCount({ view, filter }: Walk): number | undefined {
  const { prefix = '', suffix = '', after } = filter;
  const isAll = prefix === '' && suffix === '' && after === undefined && isPlainFilter(filter);
  return isAll ? view.count?.() : undefined;
}
