/**
 * The checksum of everything that the index stores: CRC-32 (zlib's), so that any flipped bit and any damage of up to
 * four bytes in a row is noticed for certain, and any other but for one case in four billion.
 */
import { crc32 } from 'node:zlib';

/** Up to here a loop beats the call into native code. */
const shortText = 48;

const table = new Int32Array(256);
for (let i = 0; i < 256; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  table[i] = crc;
}

/** Of the text's UTF-8 from a character on, as a signed 32-bit integer; goes on from `crc`. */
export function crcOf(text: string, crc: number, from = 0): number {
  const { length } = text;
  if (length - from <= shortText) {
    let sum = ~crc;
    for (let i = from; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return crcOfLong(text, crc, from);
      sum = (table[(sum ^ code) & 0xff] as number) ^ (sum >>> 8);
    }
    return ~sum;
  }
  return crcOfLong(text, crc, from);
}

function crcOfLong(text: string, crc: number, from: number): number {
  return crc32(from === 0 ? text : text.slice(from), crc >>> 0) | 0;
}

/** Of bytes, as a signed 32-bit integer. */
export function crcOfBytes(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  if (end - start > shortText) return crc32(bytes.subarray(start, end), crc >>> 0) | 0;
  let sum = ~crc;
  for (let i = start; i < end; i++) sum = (table[(sum ^ (bytes[i] as number)) & 0xff] as number) ^ (sum >>> 8);
  return ~sum;
}

/** One more byte; `sum` is ~crc, as is the result. */
export function addByte(sum: number, byte: number): number {
  return (table[(sum ^ byte) & 0xff] as number) ^ (sum >>> 8);
}

let knownKey = '';
let knownCrc = 0;

/** Of a key's UTF-8; that of the last key is at hand. */
export function crcOfKey(key: string): number {
  if (key !== knownKey) rememberKey(key, crcOf(key, 0));
  return knownCrc;
}

/** The codec has computed it: the value that comes with the key needs it next. */
export function rememberKey(key: string, crc: number): void {
  knownKey = key;
  knownCrc = crc;
}
