/** Answers that may be larger than memory: written in slices, as fast as the client reads. */
import { once } from 'node:events';
import type { Context } from 'koa';
import { Problem } from '../errors.ts';
import type { Snapshot, Store } from '../store/store.ts';

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
export function jsonStreamer({ maxStreams, stallTimeout }: StreamLimits): StreamJson {
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
        await sendSlices(ctx, first.text, iterator, stallTimeout);
      }
    } finally {
      streams--;
      view.close();
    }
  };
}

interface Slice {
  readonly text: string;
  readonly done: boolean;
}

function nextSlice(iterator: Iterator<string>): Slice {
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

async function sendSlices(
  ctx: Context,
  first: string,
  iterator: Iterator<string>,
  stallTimeout: number,
): Promise<void> {
  const { res } = ctx;
  // From here on the answer is written here, not by Koa.
  ctx.respond = false;
  const cut = new AbortController();
  res.once('close', () => cut.abort());
  const taken = async (event: 'drain' | 'finish') => {
    const stalled = setTimeout(() => cut.abort(), stallTimeout);
    try {
      await once(res, event, { signal: cut.signal });
    } finally {
      clearTimeout(stalled);
    }
  };
  res.writeHead(200);
  try {
    for (let slice: Slice = { text: first, done: false }; ; slice = nextSlice(iterator)) {
      const flowing = res.write(slice.text);
      if (slice.done) break;
      if (flowing) await new Promise(setImmediate);
      else await taken('drain');
      if (res.destroyed) return;
    }
    res.end();
    if (!res.writableFinished) await taken('finish');
  } catch (error) {
    // The client is gone or takes nothing: cut it off, so that it does not take the beginning for the whole.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    res.destroy();
  }
}
