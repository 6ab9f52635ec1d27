/**
 * Sealed texts: what the index stores for a key is a byte that says what it is, a checksum (four bytes, the highest
 * first) of its key, its revision, that kind and the text, and then the text in UTF-8.
 */
import { crcOfBytes, crcOfKey } from './checksum.ts';

/** Bytes of a seal. */
export const sealBytes = 5;

/** What is sealed; an entry of one kind is never taken for one of another. */
export const kinds = {
  pair: 1,
  /** A pair that has a deadline in the table of deadlines. */
  passingPair: 2,
  deadline: 3,
  setting: 4,
} as const;

export type Kind = (typeof kinds)[keyof typeof kinds];

const factor = 0x9e3779b1;

/** `crc`: of key and text. */
function sumOf(crc: number, kind: number, revision: number): number {
  // Any one bit of a revision or a kind changes one bit of the sum, or the bits of an odd multiple.
  return crc ^ (revision | 0) ^ Math.imul((revision / 0x1_0000_0000) | 0, factor) ^ Math.imul(kind, factor);
}

/** For most texts: a buffer of their own takes longer than all the rest. */
const scratch = Buffer.allocUnsafeSlow(4096);

/**
 * The text as it is stored, good until the next is sealed: in a transaction lmdb copies it at once. `revision`: a whole
 * number, 0 for what has none.
 */
export function seal(kind: Kind, key: string, text: string, revision = 0): Buffer {
  // UTF-8 takes at most three bytes for a unit of UTF-16.
  const isShort = text.length * 3 + sealBytes <= scratch.length;
  const bytes = isShort ? scratch : Buffer.allocUnsafe(sealBytes + Buffer.byteLength(text));
  const length = sealBytes + bytes.write(text, sealBytes);
  const sum = sumOf(crcOfBytes(bytes, sealBytes, length, crcOfKey(key)), kind, revision);
  bytes[0] = kind;
  bytes[1] = sum >>> 24;
  bytes[2] = sum >>> 16;
  bytes[3] = sum >>> 8;
  bytes[4] = sum;
  return isShort ? bytes.subarray(0, length) : bytes;
}

/** The kind of what is stored; undefined: it is not what was sealed for this key at this revision. */
export function kindOf(keyCrc: number, stored: Uint8Array, length: number, revision: number): Kind | undefined {
  const kind = stored[0] as number;
  if (length < sealBytes || !Number.isSafeInteger(revision) || revision < 0) return undefined;
  const sum = sumOf(crcOfBytes(stored, sealBytes, length, keyCrc), kind, revision);
  return stored[1] === sum >>> 24 &&
    stored[2] === ((sum >>> 16) & 0xff) &&
    stored[3] === ((sum >>> 8) & 0xff) &&
    stored[4] === (sum & 0xff) &&
    kind >= kinds.pair &&
    kind <= kinds.setting
    ? (kind as Kind)
    : undefined;
}

/** The text of what is stored for a key; undefined: it is not what was sealed for it. */
export function unseal(kind: Kind, key: string, stored: Buffer): string | undefined {
  return kindOf(crcOfKey(key), stored, stored.length, 0) === kind ? stored.toString('utf8', sealBytes) : undefined;
}
