/** Increments that follow each other: what each brings its keys to, and which of them cannot be. */
import { Problem } from '@kvstore/core/problem.ts';
import { isInt64, parseInt64 } from './int64.ts';

export class Sums {
  readonly #held: (key: string) => string | undefined;
  readonly #sums = new Map<string, bigint>();

  /** `held`: the JSON text that a key holds before the first of them; undefined: it is not there. */
  constructor(held: (key: string) => string | undefined) {
    this.#held = held;
  }

  /** What the keys hold after all that were added. */
  get all(): ReadonlyMap<string, bigint> {
    return this.#sums;
  }

  /** One request, all or none. A Problem: `not-an-integer` or `integer-overflow`, and nothing was added. */
  add(amounts: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> | Problem {
    const own = new Map<string, bigint>();
    for (const [key, amount] of amounts) {
      const before = this.#sums.get(key) ?? integerOf(this.#held(key));
      if (before === undefined) return notAnInteger(key);
      const sum = before + amount;
      if (!isInt64(sum)) return overflow(key, before, amount);
      own.set(key, sum);
    }
    for (const [key, sum] of own) this.#sums.set(key, sum);
    return own;
  }
}

/** A key that is not there counts as 0. Undefined: the value is no integer of 64 bits. */
function integerOf(value: string | undefined): bigint | undefined {
  return value === undefined ? 0n : parseInt64(value);
}

function notAnInteger(key: string): Problem {
  const message = `The value of ${JSON.stringify(key)} is no integer of 64 bits: nothing was written.`;
  return new Problem('not-an-integer', message);
}

function overflow(key: string, before: bigint, amount: bigint): Problem {
  const message = `${before} and ${amount} of ${JSON.stringify(key)} together are no integer of 64 bits: nothing was written.`;
  return new Problem('integer-overflow', message);
}
