/** What has come of a request's body, counted from its first byte: bounded by itself, and together with all others. */
import { overloaded, Problem } from '@kvstore/core/problem.ts';
import type { BodyTurns } from '../../flow-control/body-turns.ts';
import type { ByteBudget, HeldBytes } from '../../flow-control/byte-budget.ts';
import type { Portions } from '../../flow-control/portions.ts';
import { bodyTooLarge } from './decompress.ts';
import { GatheredBytes } from './gathered-bytes.ts';

export interface BodyLimits {
  /** Bytes of a body, as it comes and decompressed. */
  readonly maxBytes: number;
  /** What all bodies may hold together. */
  readonly budget: ByteBudget;
  /** What is done with the connection of a body that comes in many small pieces; undefined: nothing. */
  readonly portions?: Pick<Portions, 'greedy' | 'discard'> | undefined;
  /** In which bodies arrive; undefined: all comes at once. */
  readonly turns?: BodyTurns | undefined;
}

/**
 * Small pieces of a body (chunks, or what the system brings at once), and how many bytes allow for one more. Each is an
 * object of a kilobyte for a moment, and a client could send a mebibyte in a million of them.
 */
export const smallPiece = 1024;
const fewPieces = 4096;
const bytesPerPiece = 16;

export class ArrivingBody {
  readonly #gathered = new GatheredBytes();
  readonly #held: HeldBytes;
  readonly #most: number;
  readonly #onFailed: (problem: Problem) => void;
  #smallPieces = 0;
  #failed = false;

  /**
   * @param onFailed called once, with Problem `body-too-large`, `invalid-body` (the rest is not worth reading) or `overloaded`;
   * nothing is held then
   */
  constructor({ maxBytes, budget }: BodyLimits, onFailed: (problem: Problem) => void) {
    this.#most = maxBytes;
    this.#onFailed = onFailed;
    this.#held = budget.begin(() => this.#fail(noRoom()));
  }

  get length(): number {
    return this.#gathered.length;
  }

  /** Bytes that it counts. */
  get held(): number {
    return this.#held.bytes;
  }

  /** The piece is copied or kept; of a body that has failed it is left. */
  add(piece: Buffer): void {
    if (this.#failed) return;
    const problem = this.#refusalOf(piece);
    if (problem === undefined) this.#gathered.add(piece);
    else this.#fail(problem);
  }

  /** Undefined: there is room for it, and it counts from now on. */
  #refusalOf(piece: Buffer): Problem | undefined {
    const length = this.length + piece.length;
    if (piece.length < smallPiece && ++this.#smallPieces > fewPieces + length / bytesPerPiece) {
      const message = `The body comes in ${this.#smallPieces} pieces of less than ${bytesPerPiece} bytes.`;
      return new Problem('invalid-body', message);
    }
    if (length > this.#most) return bodyTooLarge(this.#most, `${length} or more`);
    const growth = this.#gathered.growth(piece);
    return growth > 0 && !this.#held.grow(growth) ? noRoom() : undefined;
  }

  /** All of it has come: it makes no room for others any more, and still counts. It is the caller's from now on. */
  take(): Buffer {
    this.#held.settle();
    const bytes = this.#gathered.bytes();
    this.#gathered.clear();
    return bytes;
  }

  /** It is not needed any more; may be called again. */
  release(): void {
    this.#failed = true;
    this.#held.release();
    this.#gathered.clear();
  }

  #fail(problem: Problem): void {
    this.release();
    this.#onFailed(problem);
  }
}

export function noRoom(): Problem {
  return overloaded('Too many bytes of bodies have arrived that are not answered yet.');
}
