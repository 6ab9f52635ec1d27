/** The pairs that every row works with. */

/** A JSON text, as a value is sent and answered. */
export const value = '"a value of some twenty bytes"';

/** Keys that share a prefix, and a suffix. */
export const groupSize = 11;

const digits = (n: number, width: number) => String(n).padStart(width, '0');

/** All keys are of one length, so that stores of any size are asked the same. */
export function keyOf(n: number): string {
  const group = digits(Math.floor(n / groupSize), 6);
  return `g${group}.${digits(n % groupSize, 2)}.t${group}`;
}

/** Of all keys. */
export const commonPrefix = 'g';
export const prefixOf = (group: number) => `g${digits(group, 6)}.`;
/** Of the ten groups whose numbers begin with this one. */
export const prefixOfTen = (tens: number) => `g${digits(tens, 5)}`;
/** Of the hundred groups whose numbers begin with this one. */
export const prefixOfHundred = (hundreds: number) => `g${digits(hundreds, 4)}`;
export const suffixOf = (group: number) => `.t${digits(group, 6)}`;

/** So many numbers from 0 up to `end`, without it, evenly and in no order that a cache could follow. */
export function scattered(count: number, end: number): number[] {
  // 7919 is a prime, so that no number comes twice before all have come.
  return Array.from({ length: count }, (_, i) => Math.floor((((i * 7919) % count) * end) / count));
}
