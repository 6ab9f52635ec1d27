/**
 * The newest revisions as bytes in one block of memory, where the oldest make room for new ones. As objects they would be
 * seven for each set, which stay for seconds: the garbage collector copies them twice and then keeps looking at them.
 */
import type { Change, Revision } from '../store.ts';

export interface RevisionLogLimits {
  readonly maxChanges: number;
  /** Of keys and values in UTF-8, with 4 for each revision and 16 for each change. */
  readonly maxBytes: number;
}

/** Bytes before a revision's changes: their number. */
const revisionBytes = 4;
/** Bytes before a change's key and value: their lengths, and when it expires. */
const changeBytes = 16;
/** In place of a value's length: the key is gone. */
const gone = 0xffff_ffff;

export class RevisionLog {
  readonly #bytes: Buffer;
  /** The same memory. */
  readonly #numbers: DataView;
  /** Where each revision begins, at its number modulo the length. */
  readonly #places: Uint32Array;
  /** The oldest that is kept, or the next one when none is. */
  #first: number;
  #newest: number;
  /** Of all that is kept; a revision without any counts as one. */
  #changes = 0;
  /** Behind the newest. */
  #end = 0;

  /** `revision`: those behind it will be added. Memory is taken from the system as it fills. */
  constructor(revision: number, { maxChanges, maxBytes }: RevisionLogLimits) {
    this.#bytes = Buffer.allocUnsafeSlow(maxBytes);
    this.#numbers = new DataView(this.#bytes.buffer);
    this.#places = new Uint32Array(maxChanges);
    this.#first = revision + 1;
    this.#newest = revision;
  }

  get newest(): number {
    return this.#newest;
  }

  /** Everything behind this revision is kept. */
  get start(): number {
    return this.#first - 1;
  }

  /** Revisions follow each other without a gap. One that is larger than the limits is not kept, nor what was before it. */
  add({ revision, changes }: Revision): void {
    const count = countOf(changes.length);
    // A few bytes too many are nothing where each revision is a small part of all.
    const place = this.#makeRoom(sizeOf(changes, this.#bytes.length / 256), count);
    this.#newest = revision;
    if (place === undefined) {
      this.#first = revision + 1;
      return;
    }
    this.#places[revision % this.#places.length] = place;
    this.#changes += count;
    this.#end = this.#write(place, changes);
  }

  /** Undefined: it is not kept. */
  at(revision: number): Revision | undefined {
    if (revision < this.#first || revision > this.#newest) return undefined;
    return { revision, changes: this.#read(this.#placeOf(revision), revision) };
  }

  /** Forgets the oldest until there is room behind the newest; undefined: there will never be. */
  #makeRoom(size: number, count: number): number | undefined {
    for (;;) {
      const place = this.#changes + count > this.#places.length ? undefined : this.#placeFor(size);
      if (place !== undefined || this.#changes === 0) return place;
      this.#forgetFirst();
    }
  }

  #placeFor(size: number): number | undefined {
    if (this.#changes === 0) return size <= this.#bytes.length ? 0 : undefined;
    const begin = this.#placeOf(this.#first);
    // What is kept goes on at the block's beginning.
    if (this.#end <= begin) return begin - this.#end >= size ? this.#end : undefined;
    if (this.#bytes.length - this.#end >= size) return this.#end;
    return begin >= size ? 0 : undefined;
  }

  #forgetFirst(): void {
    this.#changes -= countOf(this.#numbers.getUint32(this.#placeOf(this.#first)));
    this.#first++;
  }

  #placeOf(revision: number): number {
    return this.#places[revision % this.#places.length] as number;
  }

  /** Returns where it ends. */
  #write(place: number, changes: readonly Change[]): number {
    const [bytes, numbers] = [this.#bytes, this.#numbers];
    numbers.setUint32(place, changes.length);
    let at = place + revisionBytes;
    for (const { key, value, expires = Number.NaN } of changes) {
      const text = at + changeBytes;
      const keyLength = bytes.write(key, text);
      const valueLength = value === undefined ? 0 : bytes.write(value, text + keyLength);
      numbers.setUint32(at, keyLength);
      numbers.setUint32(at + 4, value === undefined ? gone : valueLength);
      numbers.setFloat64(at + 8, expires);
      at = text + keyLength + valueLength;
    }
    return at;
  }

  #read(place: number, revision: number): Change[] {
    const [bytes, numbers] = [this.#bytes, this.#numbers];
    const changes: Change[] = [];
    let at = place + revisionBytes;
    for (let left = numbers.getUint32(place); left > 0; left--) {
      const key = at + changeBytes;
      const value = key + numbers.getUint32(at);
      const valueLength = numbers.getUint32(at + 4);
      const expires = numbers.getFloat64(at + 8);
      at = valueLength === gone ? value : value + valueLength;
      const change = {
        key: bytes.toString('utf8', key, value),
        value: valueLength === gone ? undefined : bytes.toString('utf8', value, at),
        revision,
      };
      changes.push(Number.isNaN(expires) ? change : { ...change, expires });
    }
    return changes;
  }
}

function countOf(changes: number): number {
  return Math.max(1, changes);
}

/** Bytes, or a few more: counting costs as much as writing, so where they cannot be more than `few` it is left out. */
function sizeOf(changes: readonly Change[], few: number): number {
  const fixed = revisionBytes + changes.length * changeBytes;
  let units = 0;
  for (const { key, value = '' } of changes) units += key.length + value.length;
  // UTF-8 takes at most three for a unit of UTF-16.
  if (fixed + 3 * units <= few) return fixed + 3 * units;
  let texts = 0;
  for (const { key, value = '' } of changes) texts += Buffer.byteLength(key) + Buffer.byteLength(value);
  return fixed + texts;
}
