/** Sends a dump that is ready, with its length. */
import type { Context } from 'koa';
import type { ReadyDump } from './dump-cache.ts';
import { sendSlices } from './send-slices.ts';
import type { StreamLimits } from './stream-json.ts';
import type { Turns } from './turns.ts';

/** Bytes that go out in one system call; a smaller answer is sent whole. */
const batchBytes = 1 << 20;
const wholeBytes = 64 * 1024;

export type SendReady = (ctx: Context, dump: ReadyDump) => Promise<void>;

/** The dump is released when the answer ends, however it ends. */
export function readySender({ stallTimeout }: Pick<StreamLimits, 'stallTimeout'>, turns: Turns): SendReady {
  return async (ctx, dump) => {
    try {
      ctx.set('Content-Type', 'application/json');
      if (ctx.method === 'HEAD') {
        ctx.body = '';
        ctx.length = dump.length;
      } else if (dump.length <= wholeBytes) {
        ctx.body = Buffer.concat(dump.parts);
      } else {
        ctx.set('Content-Length', String(dump.length));
        await sendSlices(ctx, batches(dump.parts), stallTimeout, turns);
      }
    } finally {
      dump.release();
    }
  };
}

function* batches(parts: readonly Buffer[]): Iterable<readonly Buffer[]> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const part of parts) {
    batch.push(part);
    bytes += part.length;
    if (bytes < batchBytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
