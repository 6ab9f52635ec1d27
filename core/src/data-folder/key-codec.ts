/**
 * Keys as LMDB stores them: their UTF-8 bytes, so that LMDB's own byte order is the order of keys; then a NUL, which no
 * key has, and the CRC-32 of the bytes before it. A key that is read from the disk says by itself whether it is whole.
 * The default encoding of the lmdb package escapes control characters, which would double the size of some keys.
 */
import { maxKeyBytes, reverseKey } from '../key.ts';
import { addByte, crcOfBytes, rememberKey } from './checksum.ts';

/** Bytes behind a key: NUL and its checksum, the highest byte first. */
export const keySealBytes = 5;

const shortKey = 32;

/** What a key reads as when its checksum does not fit. No key is like it. */
export const damagedKey = '\0damaged';

/** A text to begin a range at: it is written without a checksum, so it comes before all keys that begin with it. */
export function startAt(text: string): string {
  return `${text}\0`;
}

function writeKey(key: string, target: Buffer, start: number): number {
  const isStart = key.charCodeAt(key.length - 1) === 0;
  const length = isStart ? key.length - 1 : key.length;
  if (
    start + length * 3 + keySealBytes > target.length &&
    start + Buffer.byteLength(key) + (isStart ? 0 : keySealBytes) > target.length
  ) {
    throw new RangeError('No room for the key');
  }
  let sum = -1;
  let position = start;
  if (length <= shortKey) {
    // Most keys are short and ASCII: a loop beats the call into native code.
    for (let i = 0; i < length; i++) {
      const code = key.charCodeAt(i);
      if (code > 0x7f) {
        position = -1;
        break;
      }
      target[position++] = code;
      sum = addByte(sum, code);
    }
  } else position = -1;
  if (position === -1) {
    // With the NUL of a start, which stays behind the end.
    position = start + target.write(key, start) - (isStart ? 1 : 0);
    sum = ~crcOfBytes(target, start, position);
  }
  if (isStart) return position;
  const crc = ~sum;
  rememberKey(key, crc);
  target[position] = 0;
  target[position + 1] = crc >>> 24;
  target[position + 2] = (crc >>> 16) & 0xff;
  target[position + 3] = (crc >>> 8) & 0xff;
  target[position + 4] = crc & 0xff;
  return position + keySealBytes;
}

/** Does the checksum behind the key's bytes fit? `end`: behind the checksum. */
export function isWholeKey(source: Uint8Array, start: number, end: number, crc: number): boolean {
  return (
    end - keySealBytes > start &&
    source[end - 5] === 0 &&
    source[end - 4] === crc >>> 24 &&
    source[end - 3] === ((crc >>> 16) & 0xff) &&
    source[end - 2] === ((crc >>> 8) & 0xff) &&
    source[end - 1] === (crc & 0xff)
  );
}

export const keyCodec = {
  /**
   * Writes the key at `start`; returns the position behind it and its checksum. RangeError: no room (the caller takes a
   * new buffer).
   */
  writeKey,

  /** `damagedKey` when its checksum does not fit. */
  readKey(source: Buffer, start: number, end: number): string {
    const crc = crcOfBytes(source, start, end - keySealBytes);
    if (!isWholeKey(source, start, end, crc)) return damagedKey;
    const key = source.toString('utf8', start, end - keySealBytes);
    rememberKey(key, crc);
    return key;
  },
};

const scratch = Buffer.alloc(maxKeyBytes);

/** Of the table of reversed keys: what is written comes reversed (see reverseKey), what is read is the key itself. */
export const reversedCodec = {
  writeKey,

  readKey(source: Buffer, start: number, end: number): string {
    const length = end - keySealBytes - start;
    if (length > maxKeyBytes || !isWholeKey(source, start, end, crcOfBytes(source, start, start + length))) {
      return damagedKey;
    }
    for (let i = 0; i < length; i++) {
      const byte = source[start + i] as number;
      if (byte > 0x7f) return reverseKey(source.toString('utf8', start, start + length));
      scratch[length - 1 - i] = byte;
    }
    return scratch.toString('latin1', 0, length);
  },
};
