/** Answers by what was asked: a key, a prefix or a suffix. */
import type { TextAnswer } from '../answers/answer.ts';

export type AskedBy = 'key' | 'prefix' | 'suffix';

/** Different lengths of prefixes, and of suffixes, whose answers are kept: a write looks for each of them. */
const maxLengths = 16;
/** Bytes that an answer takes beside its texts, about: seven objects. */
const overhead = 250;

/** Bytes that an answer takes, about, with what is made of it. */
export function bytesOf(asked: string, { text, encoding, forms, shared }: TextAnswer): number {
  const isAscii = encoding === 'latin1';
  // Its two forms in codings may take three quarters of it each: of keys that are random, in Base64.
  const copies = (isAscii ? 1 : 2) * (forms === undefined ? 1 : 3);
  const sharedBytes = shared === undefined ? 0 : isAscii ? 1 : 3;
  return overhead + asked.length + text.length * (copies + sharedBytes);
}

export class Generation {
  readonly #key = new Map<string, TextAnswer>();
  readonly #prefix = new Map<string, TextAnswer>();
  readonly #suffix = new Map<string, TextAnswer>();
  readonly #prefixLengths = new Set<number>();
  readonly #suffixLengths = new Set<number>();
  #bytes = 0;

  /** About, and never less: what is dropped still counts. */
  get bytes(): number {
    return this.#bytes;
  }

  get(by: AskedBy, asked: string): TextAnswer | undefined {
    return this.#answers(by).get(asked);
  }

  keep(by: AskedBy, asked: string, answer: TextAnswer): void {
    if (by !== 'key') {
      const lengths = by === 'prefix' ? this.#prefixLengths : this.#suffixLengths;
      if (lengths.size === maxLengths && !lengths.has(asked.length)) return;
      lengths.add(asked.length);
    }
    this.#answers(by).set(asked, answer);
    this.#bytes += bytesOf(asked, answer);
  }

  /** All answers that show the key, or would if it were there. */
  drop(key: string): void {
    if (this.#bytes === 0) return;
    this.#key.delete(key);
    for (const length of this.#prefixLengths) if (length <= key.length) this.#prefix.delete(key.slice(0, length));
    for (const length of this.#suffixLengths) if (length <= key.length) this.#suffix.delete(key.slice(-length));
  }

  #answers(by: AskedBy): Map<string, TextAnswer> {
    return by === 'key' ? this.#key : by === 'prefix' ? this.#prefix : this.#suffix;
  }
}
