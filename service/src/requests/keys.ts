/** A body that is a list of keys. */
import { parseKey } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';

/**
 * The keys of a body, in its order. `most`: how many there may be; undefined: as many as the body holds.
 * Throws Problem `invalid-body` or `invalid-key`, which name the item.
 */
export function parseKeys(text: string, most = Number.POSITIVE_INFINITY): string[] {
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch (cause) {
    throw new Problem('invalid-body', 'The body is not JSON.', { cause });
  }
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Problem('invalid-body', 'The body is an array of at least one key, ["key", …].');
  }
  if (keys.length > most) {
    throw new Problem('invalid-body', `The body has at most ${most} keys; this one has ${keys.length}.`);
  }
  return keys.map(keyAt);
}

function keyAt(key: unknown, i: number): string {
  if (typeof key !== 'string') throw new Problem('invalid-body', `A key is a string; item ${i} is not.`);
  try {
    return parseKey(key);
  } catch (error) {
    throw error instanceof Problem ? new Problem(error.code, `${error.message} It is item ${i}.`) : error;
  }
}
