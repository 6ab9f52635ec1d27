/**
 * Bytes that come in pieces, in one block that grows as they come: a piece is an object of some 200 bytes, and a client
 * may send pieces of one byte.
 */
export class GatheredBytes {
  #block = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many bytes the block has to grow by to take `more`; it never needs more than `most` in all. */
  growth(more: number, most: number): number {
    const needed = this.#length + more;
    if (needed <= this.#block.length) return 0;
    return Math.max(needed, Math.min(most, 2 * this.#block.length, needed + largestSpare)) - this.#block.length;
  }

  /** Adds a piece; `growth` as it was asked for. */
  add(piece: Buffer, growth: number): void {
    if (growth > 0) {
      const larger = Buffer.allocUnsafeSlow(this.#block.length + growth);
      this.#block.copy(larger, 0, 0, this.#length);
      this.#block = larger;
    }
    piece.copy(this.#block, this.#length);
    this.#length += piece.length;
  }

  clear(): void {
    this.#block = Buffer.alloc(0);
    this.#length = 0;
  }

  /** All of them; they are the same memory. */
  bytes(): Buffer {
    return this.#block.subarray(0, this.#length);
  }
}

const largestSpare = 1024 * 1024;
