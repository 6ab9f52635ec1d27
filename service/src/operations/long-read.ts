/** Reads that may be larger than memory: one snapshot, read in slices as fast as the client takes them. */
import { type Answer, forBrowsers, textAnswer } from '../answers/answer.ts';
import { Problem } from '../errors.ts';
import type { Snapshot, Store } from '../store/store.ts';

/** Characters of a slice; a smaller answer is sent whole, with its length. */
const sliceSize = 64 * 1024;

/** Milliseconds of work after which a slice ends early, so that other requests have their turn. */
const sliceTime = 5;

/** The headers of the answer, and its text in pieces. An empty piece says that others can have their turn. */
export interface Pieces {
  readonly headers: readonly string[];
  readonly pieces: Iterable<string>;
}

/** Rejects with Problem `overloaded` when too many are under way. */
export type LongRead = (read: (view: Snapshot) => Pieces | Promise<Pieces>) => Promise<Answer>;

/** `most`: long reads at once. Each holds a snapshot, which keeps disk pages from being used again. */
export function longReads(store: Store, most: number): LongRead {
  let underWay = 0;
  return async (read) => {
    if (underWay >= most) {
      const headers = { 'Retry-After': '1' };
      throw new Problem('overloaded', `${most} answers are being streamed already.`, { headers });
    }
    const view = store.snapshot();
    underWay++;
    const release = () => {
      underWay--;
      view.close();
    };
    try {
      const { headers, pieces } = await read(view);
      const iterator = pieces[Symbol.iterator]();
      const first = nextSlice(iterator);
      if (!first.done) {
        const slices = slicesFrom(first.text, iterator);
        return { kind: 'slices', status: 200, headers: [...headers, ...forBrowsers], slices, release };
      }
      release();
      return textAnswer(200, headers, first.text);
    } catch (error) {
      release();
      throw error;
    }
  };
}

interface TextSlice {
  readonly text: string;
  readonly done: boolean;
}

function nextSlice(iterator: Iterator<string>): TextSlice {
  const end = performance.now() + sliceTime;
  let text = '';
  for (let i = 1; text.length < sliceSize; i++) {
    const piece = iterator.next();
    if (piece.done) return { text, done: true };
    text += piece.value;
    if ((i % 64 === 0 || piece.value === '') && performance.now() > end) break;
  }
  return { text, done: false };
}

function* slicesFrom(first: string, iterator: Iterator<string>): Iterable<string> {
  yield first;
  for (;;) {
    const { text, done } = nextSlice(iterator);
    yield text;
    if (done) return;
  }
}
