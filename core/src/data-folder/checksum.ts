/**
 * The checksum of everything that the index stores: CRC-32 (zlib's), so that any flipped bit and any damage of up to
 * four bytes in a row is noticed for certain, and any other but for one case in four billion.
 */
import { crc32 } from 'node:zlib';

/** Characters of a key. */
const shortKey = 48;

/** Bytes up to which a loop beats the call into native code. */
const shortText = 384;

const table = new Int32Array(256);
for (let i = 0; i < 256; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  table[i] = crc;
}

/** Those of a byte with one, two and three zero bytes behind it: a loop takes four bytes at a time. */
const [table1, table2, table3] = [new Int32Array(256), new Int32Array(256), new Int32Array(256)];
for (let i = 0; i < 256; i++) {
  table1[i] = shifted(table[i] as number);
  table2[i] = shifted(table1[i] as number);
  table3[i] = shifted(table2[i] as number);
}

function shifted(sum: number): number {
  return (table[sum & 0xff] as number) ^ (sum >>> 8);
}

/** Of bytes, as a signed 32-bit integer. */
export function crcOfBytes(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  if (end - start > shortText) return crc32(bytes.subarray(start, end), crc >>> 0) | 0;
  let sum = ~crc;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    sum ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    sum =
      (table3[sum & 0xff] as number) ^
      (table2[(sum >>> 8) & 0xff] as number) ^
      (table1[(sum >>> 16) & 0xff] as number) ^
      (table[sum >>> 24] as number);
  }
  for (; i < end; i++) sum = (table[(sum ^ (bytes[i] as number)) & 0xff] as number) ^ (sum >>> 8);
  return ~sum;
}

/** One more byte; `sum` is ~crc, as is the result. */
export function addByte(sum: number, byte: number): number {
  return (table[(sum ^ byte) & 0xff] as number) ^ (sum >>> 8);
}

/** Of the text's UTF-8, as a signed 32-bit integer. */
function crcOfText(text: string): number {
  const { length } = text;
  if (length > shortKey) return crc32(text) | 0;
  let sum = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return crc32(text) | 0;
    sum = (table[(sum ^ code) & 0xff] as number) ^ (sum >>> 8);
  }
  return ~sum;
}

let knownKey = '';
let knownCrc = 0;

/** Of a key's UTF-8; that of the last key is at hand. */
export function crcOfKey(key: string): number {
  if (key !== knownKey) rememberKey(key, crcOfText(key));
  return knownCrc;
}

/** The codec has computed it: the value that comes with the key needs it next. */
export function rememberKey(key: string, crc: number): void {
  knownKey = key;
  knownCrc = crc;
}

/** Of the key that was written or read last. */
export function lastKeyCrc(): number {
  return knownCrc;
}
