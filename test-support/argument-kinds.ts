/** What an argument may be (arguments.ts). `usual` is what it is where it is not given. */
import type { Argument } from './arguments.ts';

interface Range<U> {
  readonly usual: U;
  readonly from: number;
  /** Inclusive. Undefined: no limit but that of exact whole numbers. */
  readonly to?: number;
}

/** In decimal digits, such as 2 or 0.5. */
export function decimal<U>({ usual, from, to }: Range<U>): Argument<number | U> {
  return {
    usual,
    allowed: `a number ${between(from, to)}`,
    read: (text) => (/^\d+(\.\d+)?$/.test(text) ? within(Number(text), from, to) : undefined),
  };
}

export function wholeNumber<U>({ usual, from, to }: Range<U>): Argument<number | U> {
  return {
    usual,
    allowed: `a whole number ${between(from, to)}`,
    read: (text) => (/^\d+$/.test(text) ? within(Number(text), from, to) : undefined),
  };
}

/** Not the empty text. */
export function text<U>(usual: U): Argument<string | U> {
  return { usual, allowed: 'a text', read: (given) => (given === '' ? undefined : given) };
}

export function oneOf<const T extends string, const U>(choices: readonly T[], usual: U): Argument<T | U> {
  return {
    usual,
    allowed: `one of ${choices.join(', ')}`,
    read: (given) => choices.find((each) => each === given),
  };
}

/** Names with commas between them. */
export function someOf<const T extends string, U>(choices: readonly T[], usual: U): Argument<readonly T[] | U> {
  return {
    usual,
    allowed: `of ${choices.join(', ')}, with commas between them`,
    read: (given) => {
      const names = given.split(',').map((name) => choices.find((each) => each === name));
      return names.every((name) => name !== undefined) ? names : undefined;
    },
  };
}

/** An option that is there or not, such as `--list`. */
export const flag: Argument<boolean> = { usual: false, allowed: undefined, read: () => undefined };

function within(value: number, from: number, to = Number.MAX_SAFE_INTEGER): number | undefined {
  return value >= from && value <= to ? value : undefined;
}

function between(from: number, to: number | undefined): string {
  return to === undefined ? `of ${from} or more` : `from ${from} to ${to}`;
}
