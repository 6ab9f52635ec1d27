/** How many keys hold, alone: `count=true` of /search and /. */
import { type Walk, walkKeys } from './walk-keys.ts';

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
function knownCount({ view, filter: { prefix = '', suffix = '', after } }: Walk): number | undefined {
  return prefix === '' && suffix === '' && after === undefined ? view.count?.() : undefined;
}
