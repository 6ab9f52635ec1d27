/** Answers that may be larger than memory: written in slices, as fast as the client reads. */
import type { Context } from 'koa';
import { Problem } from '../errors.ts';
import type { Snapshot, Store } from '../store/store.ts';
import { sendSlices } from './send-slices.ts';
import type { Turns } from './turns.ts';

/** Characters of a slice; a smaller answer is sent whole, with its length. */
const sliceSize = 64 * 1024;

/** A slice ends early after so many milliseconds of work, so that other requests get their turn. */
const sliceTime = 5;

export interface StreamLimits {
  /** Streams at once: each holds a snapshot, which keeps disk pages from being used again. */
  readonly maxStreams: number;
  /** Milliseconds in which a client must take something, or it is cut off. */
  readonly stallTimeout: number;
}

/** An empty piece says that others can have their turn. */
type Pieces = (view: Snapshot) => Iterable<string> | Promise<Iterable<string>>;

export type StreamJson = (ctx: Context, store: Store, pieces: Pieces) => Promise<void>;

/**
 * Sends the pieces of one snapshot as application/json. The snapshot is closed when the answer ends, however it ends.
 * Throws Problem `overloaded` when too many answers are being streamed.
 */
export function jsonStreamer({ maxStreams, stallTimeout }: StreamLimits, turns: Turns): StreamJson {
  let streams = 0;
  return async (ctx, store, pieces) => {
    if (streams >= maxStreams) {
      const headers = { 'Retry-After': '1' };
      throw new Problem('overloaded', `${maxStreams} answers are being streamed already.`, { headers });
    }
    streams++;
    const view = store.snapshot();
    try {
      const iterator = (await pieces(view))[Symbol.iterator]();
      const first = nextSlice(iterator);
      ctx.status = 200;
      if (!ctx.response.get('Content-Type')) ctx.set('Content-Type', 'application/json');
      if (first.done) {
        ctx.body = first.text;
      } else if (ctx.method === 'HEAD') {
        ctx.body = '';
        ctx.remove('Content-Length');
      } else {
        await sendSlices(ctx, slicesFrom(first.text, iterator), stallTimeout, turns);
      }
    } finally {
      streams--;
      view.close();
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
