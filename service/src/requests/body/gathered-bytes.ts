/**
 * Bytes that come in pieces. Small pieces are copied into blocks: a piece is an object of a kilobyte, and a client may send
 * pieces of one byte. Large ones are kept as they are.
 */

/** Bytes of a piece that is kept. */
const largePiece = 4096;
/** Bytes of a block; each is larger than the one before, which suits bodies of any size. */
const firstBlock = largePiece;
const largestBlock = 64 * 1024;

const noBytes = Buffer.alloc(0);

export class GatheredBytes {
  #done: Buffer[] = [];
  /** The rest of the last block. */
  #block = noBytes;
  #blockSize = 0;
  /** Bytes of the rest that are used. */
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many bytes of memory it takes to add the piece. */
  growth({ length }: Buffer): number {
    if (length >= largePiece) return length;
    return length <= this.#block.length - this.#used ? 0 : this.#nextBlock();
  }

  add(piece: Buffer): void {
    const { length } = piece;
    this.#length += length;
    if (length >= largePiece) {
      this.#seal();
      this.#done.push(piece);
      return;
    }
    const room = this.#block.length - this.#used;
    piece.copy(this.#block, this.#used, 0, Math.min(length, room));
    this.#used += Math.min(length, room);
    if (length <= room) return;
    const size = this.#nextBlock();
    this.#seal();
    this.#blockSize = size;
    this.#block = Buffer.allocUnsafeSlow(size);
    this.#used = piece.copy(this.#block, 0, room);
  }

  clear(): void {
    this.#done = [];
    this.#block = noBytes;
    this.#used = 0;
    this.#length = 0;
  }

  /** All of them. */
  bytes(): Buffer {
    this.#seal();
    const [first = noBytes] = this.#done;
    return this.#done.length <= 1 ? first : Buffer.concat(this.#done, this.#length);
  }

  #nextBlock(): number {
    return Math.min(largestBlock, Math.max(firstBlock, 2 * this.#blockSize));
  }

  /** What follows begins behind what is in the block. */
  #seal(): void {
    if (this.#used > 0) this.#done.push(this.#block.subarray(0, this.#used));
    this.#block = this.#block.subarray(this.#used);
    this.#used = 0;
  }
}
