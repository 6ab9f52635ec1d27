import { Problem } from './problem.ts';

/** Bytes of a key in UTF-8; far below what an LMDB page can hold (1978 bytes). */
export const maxKeyBytes = 1024;

/**
 * Returns a key that a store accepts: 1 to 1024 bytes of UTF-8 without NUL.
 * Throws Problem `invalid-key`.
 */
export function parseKey(key: string): string {
  if (key.length === 0) {
    throw new Problem('invalid-key', 'A key has at least 1 byte; this one is empty.');
  }
  if (key.length * 3 > maxKeyBytes) {
    const bytes = Buffer.byteLength(key);
    if (bytes > maxKeyBytes) {
      throw new Problem('invalid-key', `A key has at most ${maxKeyBytes} bytes of UTF-8; this one has ${bytes}.`);
    }
  }
  if (key.includes('\0')) throw new Problem('invalid-key', 'A key has no NUL character; this one does.');
  if (!key.isWellFormed()) {
    throw new Problem('invalid-key', 'A key is UTF-8; this one has half of a surrogate pair.');
  }
  return key;
}

const scratch = Buffer.alloc(maxKeyBytes);

/** The key's characters (code points) from the last to the first: a suffix becomes a prefix. */
export function reverseKey(key: string): string {
  const { length } = key;
  if (length <= scratch.length) {
    let i = 0;
    for (let code = 0; i < length; i++) {
      code = key.charCodeAt(i);
      if (code > 0x7f) break;
      scratch[length - 1 - i] = code;
    }
    if (i === length) return scratch.toString('latin1', 0, length);
  }
  let reversed = '';
  for (let i = key.length - 1; i >= 0; i--) {
    // A surrogate pair stays in its order.
    const isPair = isSurrogate(key.charCodeAt(i)) && isSurrogate(key.charCodeAt(i - 1));
    if (isPair) i--;
    reversed += isPair ? key.slice(i, i + 2) : key[i];
  }
  return reversed;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** The order of keys: that of their UTF-8 bytes, which is that of code points (not of UTF-16 units). */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return byCodePoint(x) - byCodePoint(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they go behind U+E000 to U+FFFF. */
function byCodePoint(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}
