/** The keys that a token reaches: those that begin with one of its prefixes. */
import { hash } from 'node:crypto';
import { challenge } from '@kvstore/core/challenge.ts';
import { compareKeys } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';

/** Prefixes and characters of a key that a message shows. */
const shownPrefixes = 5;
const shownCharacters = 100;

export class Scope {
  /** In the order of keys; none begins with another, so that their ranges of keys are apart. */
  readonly prefixes: readonly string[];
  /** A number that other prefixes do not have, for entity tags; the same on every replica. */
  readonly mark: number;

  /** `prefixes`: at least one, none empty. */
  constructor(prefixes: readonly string[]) {
    const ordered = [...new Set(prefixes)].sort(compareKeys);
    this.prefixes = ordered.filter((prefix) => !ordered.some((other) => other !== prefix && prefix.startsWith(other)));
    // 48 bits: at most 15 decimal digits, as entity tags have room for.
    this.mark = hash('sha256', JSON.stringify(this.prefixes), 'buffer').readUIntBE(0, 6);
  }

  has(key: string): boolean {
    for (const prefix of this.prefixes) if (key.startsWith(prefix)) return true;
    return false;
  }

  /** Throws Problem `outside-prefixes`, whether or not the store has such a key. */
  check(key: string): void {
    if (!this.has(key)) throw this.#outside(key);
  }

  /** Prefixes of exactly the keys that are in the scope and begin with the text, in order. */
  within(text: string): readonly string[] {
    if (text === '') return this.prefixes;
    if (this.has(text)) return [text];
    return this.prefixes.filter((prefix) => prefix.startsWith(text));
  }

  #outside(key: string): Problem {
    const shown = this.prefixes.slice(0, shownPrefixes).map((prefix) => JSON.stringify(prefix));
    const more = this.prefixes.length > shownPrefixes ? ', …' : '';
    const reached = `The token reaches keys that begin with ${shown.join(', ')}${more}`;
    return new Problem('outside-prefixes', `${reached}; ${JSON.stringify(key.slice(0, shownCharacters))} does not.`, {
      headers: challenge('insufficient_scope'),
    });
  }
}

/** Whether two tokens reach the same keys; undefined: all. */
export function areSameKeys(a: Scope | undefined, b: Scope | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.prefixes.length === b.prefixes.length && a.prefixes.every((prefix, i) => prefix === b.prefixes[i]);
}
