/**
 * Node compresses in the four threads of its pool, in which the store commits, too: first come, first served. Answers take two of
 * them at the most, so that a commit does not wait behind dozens of answers (ADR 0313).
 */
import type { Transform, TransformCallback } from 'node:stream';

/** Threads that answers take at once, of the four that libuv has by default. */
const most = 2;

/** Codes a piece, and calls back when that is done. */
type Piece = (done: () => void) => void;

export class CoderThreads {
  readonly #most: number;
  readonly #waiting: Piece[] = [];
  #running = 0;

  constructor(atOnce = most) {
    this.#most = atOnce;
  }

  /** Runs it when a thread is free, in the order of the calls. It may call back more than once. */
  run(piece: Piece): void {
    if (this.#running >= this.#most) this.#waiting.push(piece);
    else this.#begin(piece);
  }

  #begin(piece: Piece): void {
    this.#running++;
    let isDone = false;
    piece(() => {
      if (isDone) return;
      isDone = true;
      this.#running--;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#begin(next);
    });
  }
}

/** Makes each piece that a coder gets wait for a thread. @returns the same coder */
export function inThreads(coder: Transform, threads: CoderThreads): Transform {
  const { _transform: transform, push } = coder;
  let done = () => {};
  coder._transform = (chunk: unknown, encoding: BufferEncoding, callback: TransformCallback) => {
    threads.run((release) => {
      done = release;
      if (coder.destroyed) {
        release();
        callback();
        return;
      }
      transform.call(coder, chunk, encoding, (...result) => {
        release();
        callback(...result);
      });
    });
  };
  coder.push = (piece: unknown) => {
    const goesOn = push.call(coder, piece);
    // Where the client takes nothing, the rest of the piece may wait for hours: it holds no thread meanwhile.
    if (!goesOn) done();
    return goesOn;
  };
  coder.once('close', () => done());
  return coder;
}
