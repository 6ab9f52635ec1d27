/** Writes an answer slice by slice, as fast as the client takes it. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { Turns } from './turns.ts';

/** A text, or what is ready to be sent as it is. */
export type Slice = string | readonly Buffer[];

/**
 * Sends the slices and ends the answer; whatever headers are set go out first. A client that takes nothing for
 * `stallTimeout` milliseconds is cut off.
 */
export async function sendSlices(
  ctx: Context,
  slices: Iterable<Slice>,
  stallTimeout: number,
  turns: Turns,
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
    let isFirst = true;
    let flowing = true;
    for (const slice of slices) {
      if (!isFirst) {
        if (!flowing) await taken('drain');
        await turns.next();
        if (res.destroyed) return;
      }
      isFirst = false;
      flowing = write(res, slice);
    }
    res.end();
    if (!res.writableFinished) await taken('finish');
  } catch (error) {
    // The client is gone or takes nothing: cut it off, so that it does not take the beginning for the whole.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    res.destroy();
  }
}

/** False: more should wait. */
function write(res: ServerResponse, slice: Slice): boolean {
  if (typeof slice === 'string') return res.write(slice);
  // All in one system call.
  res.cork();
  let flowing = true;
  for (const part of slice) flowing = res.write(part);
  res.uncork();
  return flowing;
}
