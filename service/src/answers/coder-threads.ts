/**
 * Node compresses in its four threads, in which the store also commits, first come, first served. Answers take two of them at the
 * most: behind dozens of answers that are compressed, a write would wait for all of them, each time.
 */
import type { Transform, TransformCallback } from 'node:stream';

/** Threads that answers take at once, of four (libuv's default). */
const most = 2;

/** What a coder does with a piece: it calls back when that is done. */
type Piece = (done: () => void) => void;

export class CoderThreads {
  readonly #most: number;
  readonly #waiting: Piece[] = [];
  #running = 0;

  constructor(atOnce = most) {
    this.#most = atOnce;
  }

  /** Runs it when a thread is free, first come, first served. It may call back more than once. */
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

/** The coder, each of whose pieces waits for a thread. */
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
    // A coder whose client takes nothing may wait with the rest of a piece for hours, and takes no thread meanwhile.
    if (!goesOn) done();
    return goesOn;
  };
  coder.once('close', () => done());
  return coder;
}
