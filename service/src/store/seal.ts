/**
 * Sealed texts: what the index stores for a key begins with six characters that hold a checksum of the text, its key,
 * its revision and what kind of entry it is. They are ASCII (`0` to `o`, six bits each), so that the whole stays UTF-8.
 */
import { crcOf, crcOfKey } from './checksum.ts';

/** Characters of a seal. */
export const sealLength = 6;

/** What is sealed; an entry of one kind is never taken for one of another. */
export const kinds = {
  pair: 0,
  /** A pair that has a deadline in the table of deadlines. */
  passingPair: 1,
  deadline: 2,
  meta: 3,
} as const;

export type Kind = (typeof kinds)[keyof typeof kinds];

const zero = 0x30;
const factor = 0x9e3779b1;

function sumOf(kind: Kind, key: string, revision: number, text: string, from: number): number {
  const crc = crcOf(text, crcOfKey(key), from);
  // Any one bit of a revision changes one bit of the sum, or the bits of an odd multiple.
  return crc ^ (revision | 0) ^ Math.imul((revision / 0x1_0000_0000) | 0, factor) ^ Math.imul(kind, factor);
}

/** The text as it is stored. `revision`: a whole number, 0 for what has none. */
export function seal(kind: Kind, key: string, text: string, revision = 0): string {
  const sum = sumOf(kind, key, revision, text, 0);
  const head = String.fromCharCode(
    zero + ((kind << 2) | (sum >>> 30)),
    zero + ((sum >>> 24) & 63),
    zero + ((sum >>> 18) & 63),
    zero + ((sum >>> 12) & 63),
    zero + ((sum >>> 6) & 63),
    zero + (sum & 63),
  );
  return head + text;
}

/** The kind of a stored text; undefined: it is not what was sealed for this key at this revision. */
export function kindOf(key: string, stored: string, revision = 0): Kind | undefined {
  const kind = (stored.charCodeAt(0) - zero) >> 2;
  // NaN, from a text that is too short, fails each comparison.
  if (!(kind >= 0 && kind <= 3) || !Number.isSafeInteger(revision) || revision < 0) return undefined;
  const sum = sumOf(kind as Kind, key, revision, stored, sealLength);
  return stored.charCodeAt(0) === zero + ((kind << 2) | (sum >>> 30)) &&
    stored.charCodeAt(1) === zero + ((sum >>> 24) & 63) &&
    stored.charCodeAt(2) === zero + ((sum >>> 18) & 63) &&
    stored.charCodeAt(3) === zero + ((sum >>> 12) & 63) &&
    stored.charCodeAt(4) === zero + ((sum >>> 6) & 63) &&
    stored.charCodeAt(5) === zero + (sum & 63)
    ? (kind as Kind)
    : undefined;
}

/** The text without its seal. */
export function textOf(stored: string): string {
  return stored.slice(sealLength);
}
