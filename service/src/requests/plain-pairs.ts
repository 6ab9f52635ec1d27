/**
 * The bodies that most sets have: pairs of plain texts, without white space or escapes. To recognise one takes a quarter
 * of a microsecond a pair in place of two: JSON.parse makes an object of a shape of its own for each new key.
 */
import { parseKey } from '@kvstore/core/key.ts';
import type { Pair } from '../store/store.ts';

/** Characters; longer ones gain nothing. */
const maxLength = 4096;

const text = '[^"\\\\\\u0000-\\u001f]*';
const number = '-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?';
/** A pair with what stands before it; from where the last one ended. */
const member = new RegExp(`([{,])"(${text})":("${text}"|${number}|true|false|null)`, 'y');

/**
 * The pairs of a body that is written as the answer would write it, so that the body is the answer; undefined: another
 * kind of body. Throws Problem `invalid-key`.
 */
export function plainPairs(body: string): readonly Pair[] | undefined {
  if (body.length > maxLength || !body.endsWith('}')) return undefined;
  const end = body.length - 1;
  const pairs: Pair[] = [];
  for (let at = 0; at < end; at = member.lastIndex) {
    member.lastIndex = at;
    const found = member.exec(body);
    if (found === null || (found[1] === '{') !== (at === 0)) return undefined;
    pairs.push({ key: found[2] ?? '', value: found[3] ?? '' });
  }
  if (pairs.length === 0 || areSomeEqual(pairs)) return undefined;
  for (const { key } of pairs) parseKey(key);
  return pairs;
}

/** Of equal keys the last one counts, which the body does not show. */
function areSomeEqual(pairs: readonly Pair[]): boolean {
  return pairs.length > 1 && new Set(pairs.map(({ key }) => key)).size < pairs.length;
}
