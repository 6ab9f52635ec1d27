/** One answer of `/search`: what it found, in order. */
import { maxDepth, parseMembers } from '@kvstore/core/json-members.ts';
import { compareKeys } from '@kvstore/core/key.ts';

export interface Found {
  /** A key, or the beginning of the keys that were folded into it. */
  readonly text: string;
  readonly isPrefix: boolean;
  /** JSON; of a key, when values were asked for. */
  readonly value?: string | undefined;
}

export interface SearchForm {
  readonly values: boolean;
  readonly folded: boolean;
  readonly reverse: boolean;
}

/** Keys and prefixes of the answer's body, in the order in which they were found. */
export function foundIn(body: string, { values, folded, reverse }: SearchForm): Found[] {
  // Values that were set with as many levels as there may be are one level further in.
  const parts = folded ? parseMembers(body, maxDepth + 1) : undefined;
  const name = values ? 'pairs' : 'keys';
  const keys = keysIn(parts === undefined ? body : (parts.get(name) ?? ''), values);
  const prefixes = JSON.parse(parts?.get('prefixes') ?? '[]') as string[];
  const found = [...keys, ...prefixes.map((text) => ({ text, isPrefix: true }))];
  if (prefixes.length === 0) return found;
  return found.sort((a, b) => (reverse ? compareKeys(b.text, a.text) : compareKeys(a.text, b.text)));
}

function keysIn(text: string, values: boolean): Found[] {
  if (!values) return (JSON.parse(text) as string[]).map((key) => ({ text: key, isPrefix: false }));
  return [...parseMembers(text)].map(([key, value]) => ({ text: key, isPrefix: false, value }));
}
