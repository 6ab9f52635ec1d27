/**
 * Decompresses few bodies at once: while one is decompressed it may become as large as a body can be, and counts as that.
 * The others wait in order, and hold what has come of them.
 */
import type { HeldBytes } from '../../flow-control/byte-budget.ts';
import { noRoom } from './arriving-body.ts';
import { decompressor } from './decompress.ts';
import type { GatheringRequest } from './gathering-request.ts';

/** Twice as many are no faster, measured with 50 clients. */
const mostAtOnce = 8;

export interface DecompressOptions {
  /** Bytes of a body, decompressed. */
  readonly maxBytes: number;
  /** Milliseconds that a body may wait for its turn. */
  readonly maxWait: number;
  /** A clock in milliseconds, monotonic. */
  readonly now?: () => number;
}

/**
 * Resolves with the decompressed bytes, which count until the request is answered; what they were made from does not any
 * more. Never settles when the client leaves before its turn. Rejects with Problem `body-too-large`, `invalid-body` or
 * `overloaded`.
 */
export type DecompressInTurn = (request: BodyOwner, bytes: Buffer, compression: string) => Promise<Buffer>;

/** What a body belongs to. */
export type BodyOwner = Pick<GatheringRequest, 'hold' | 'releaseBody' | 'isClosed'>;

interface Waiting {
  readonly request: BodyOwner;
  readonly bytes: Buffer;
  readonly compression: string;
  readonly since: number;
  readonly done: PromiseWithResolvers<Buffer>;
}

export function decompressInTurn(options: DecompressOptions): DecompressInTurn {
  const { maxBytes, maxWait, now = () => performance.now() } = options;
  const decompress = decompressor(maxBytes);
  const waiting = new Set<Waiting>();
  let running = 0;

  return (request, bytes, compression) => {
    const done = Promise.withResolvers<Buffer>();
    const since = now();
    waiting.add({ request, bytes, compression, since, done });
    beginNext(since);
    return done.promise;
  };

  function beginNext(time: number): void {
    for (const next of waiting) {
      if (running >= mostAtOnce) return;
      const { request, since, done } = next;
      const isLate = time - since > maxWait;
      const held = request.isClosed || isLate ? undefined : request.hold(maxBytes);
      // One that runs gives its room back.
      if (held === undefined && running > 0 && !isLate && !request.isClosed) return;
      waiting.delete(next);
      if (held !== undefined) void run(next, held);
      else if (!request.isClosed) done.reject(noRoom());
    }
  }

  async function run({ request, bytes, compression, done }: Waiting, held: HeldBytes): Promise<void> {
    running++;
    try {
      const body = await decompress(bytes, compression);
      held.shrink(body.length);
      done.resolve(body);
    } catch (error) {
      held.shrink(0);
      done.reject(error);
    } finally {
      request.releaseBody();
      running--;
      beginNext(now());
    }
  }
}
