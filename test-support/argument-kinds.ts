/** The kinds of arguments (arguments.ts). `default` is the value of one that is not given. */
import type { Argument } from './arguments.ts';

interface Range {
  readonly default: number;
  readonly from: number;
  /** Inclusive. Undefined: no limit but that of exact whole numbers. */
  readonly to?: number;
}

/** In decimal digits, such as 2 or 0.5. */
export function decimal({ default: fallback, from, to }: Range): Argument<number> {
  return {
    default: fallback,
    allowed: `a number ${between(from, to)}`,
    read: (text) => (/^\d+(\.\d+)?$/.test(text) ? within(Number(text), from, to) : undefined),
  };
}

export function wholeNumber({ default: fallback, from, to }: Range): Argument<number> {
  return {
    default: fallback,
    allowed: `a whole number ${between(from, to)}`,
    read: (text) => (/^\d+$/.test(text) ? within(Number(text), from, to) : undefined),
  };
}

/** Not the empty text. */
export function text(): Argument<string, undefined>;
export function text(fallback: string): Argument<string>;
export function text(fallback?: string): Argument<string, string | undefined> {
  return { default: fallback, allowed: 'a text', read: (given) => (given === '' ? undefined : given) };
}

export function oneOf<const T extends string>(choices: readonly T[]): Argument<T, undefined>;
export function oneOf<const T extends string>(choices: readonly T[], fallback: T): Argument<T>;
export function oneOf<const T extends string>(choices: readonly T[], fallback?: T): Argument<T, T | undefined> {
  return {
    default: fallback,
    allowed: `one of ${choices.join(', ')}`,
    read: (given) => choices.find((each) => each === given),
  };
}

/** Names with commas between them. */
export function someOf<const T extends string>(choices: readonly T[]): Argument<readonly T[], undefined> {
  return {
    default: undefined,
    allowed: `of ${choices.join(', ')}, with commas between them`,
    read: (given) => {
      const names = given.split(',').map((name) => choices.find((each) => each === name));
      return names.every((name) => name !== undefined) ? names : undefined;
    },
  };
}

/** An option that is there or not, such as `--list`. */
export const flag: Argument<boolean> = { default: false, allowed: undefined, read: () => undefined };

function within(value: number, from: number, to = Number.MAX_SAFE_INTEGER): number | undefined {
  return value >= from && value <= to ? value : undefined;
}

function between(from: number, to: number | undefined): string {
  return to === undefined ? `of ${from} or more` : `from ${from} to ${to}`;
}
