/**
 * A request that holds what has arrived of its body in blocks. The parser hands on each chunk of a body as an object of a
 * kilobyte, and does not stop for a reader that is not there yet: 20 clients that send mebibytes in chunks of a byte, while
 * their requests wait for their turn, would fill a heap of 256 MiB.
 */
import { IncomingMessage } from 'node:http';

/** Small pieces that are handed on as they are: more than a body that means well has. */
const freePieces = 64;
const smallPiece = 1024;
const blockSize = 16 * 1024;

export class GatheringRequest extends IncomingMessage {
  /** True: the client was not told to send the body that it announced (Expect: 100-continue), so none comes. */
  isWithoutBody = false;
  #small = 0;
  #bytes = 0;
  #block: Buffer | undefined;
  #filled = 0;

  /** Small ones that have come. */
  get smallPieces(): number {
    return this.#small;
  }

  /** What has come of the body, read or not. */
  get bytesOfBody(): number {
    return this.#bytes;
  }

  /** Called by the parser; null: all of it has come. */
  override push(piece: Buffer | null): boolean {
    if (piece !== null) {
      this.#bytes += piece.length;
      if (piece.length < smallPiece && ++this.#small > freePieces) return this.#gather(piece);
    }
    if (this.#filled > 0) this.#flush();
    return super.push(piece);
  }

  #gather(piece: Buffer): boolean {
    const goesOn = this.#filled + piece.length <= blockSize || this.#flush();
    this.#block ??= Buffer.allocUnsafeSlow(blockSize);
    piece.copy(this.#block, this.#filled);
    this.#filled += piece.length;
    return goesOn;
  }

  #flush(): boolean {
    const block = this.#block?.subarray(0, this.#filled) ?? null;
    this.#block = undefined;
    this.#filled = 0;
    return super.push(block);
  }
}
