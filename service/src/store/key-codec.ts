/**
 * Keys as LMDB stores them: their UTF-8 bytes and nothing else, so that LMDB's own byte order is the order of keys.
 * The default encoding of the lmdb package escapes control characters, which would double the size of some keys.
 */
import { maxKeyBytes, reverseKey } from './key.ts';

const shortKey = 32;

export const keyCodec = {
  /** Writes the key at `start`; returns the position behind it. RangeError: no room (the caller takes a new buffer). */
  writeKey(key: string, target: Buffer, start: number): number {
    const { length } = key;
    if (start + length * 3 > target.length && start + Buffer.byteLength(key) > target.length) {
      throw new RangeError('No room for the key');
    }
    if (length <= shortKey) {
      // Most keys are short and ASCII: a loop beats the call into native code.
      let position = start;
      for (let i = 0; i < length; i++) {
        const code = key.charCodeAt(i);
        if (code > 0x7f) return start + target.write(key, start);
        target[position++] = code;
      }
      return position;
    }
    return start + target.write(key, start);
  },

  readKey(source: Buffer, start: number, end: number): string {
    return source.toString('utf8', start, end);
  },
};

const scratch = Buffer.alloc(maxKeyBytes);

/** Of the table of reversed keys: what is written comes reversed (see reverseKey), what is read is the key itself. */
export const reversedCodec = {
  writeKey: keyCodec.writeKey,

  readKey(source: Buffer, start: number, end: number): string {
    const length = end - start;
    for (let i = 0; i < length; i++) {
      const byte = source[start + i] as number;
      if (byte > 0x7f) return reverseKey(source.toString('utf8', start, end));
      scratch[length - 1 - i] = byte;
    }
    return scratch.toString('latin1', 0, length);
  },
};
