/** Reads the body of a write, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { Problem } from '@kvstore/core/problem.ts';
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import { bodyTooLarge, compressionOf } from './decompress.ts';
import { decompressInTurn } from './decompress-in-turn.ts';
import type { GatheringRequest } from './gathering-request.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Resolves with the decompressed bytes, whatever Content-Type says (`curl -d` names a form). Of a body that ends early
 * nothing more is done: the server answers what is no whole request (server/refuse.ts), or the client has left.
 * Rejects with Problem `body-too-large`, `invalid-body`, `unsupported-encoding` or `overloaded`.
 */
export type ReadBody = (request: IncomingMessage) => Promise<Buffer>;

/** Bytes of a body that is parsed in no time. */
export const smallBody = 64 * 1024;

export interface BodyReaderOptions {
  /** Of a body, decompressed. */
  readonly maxBytes: number;
  /** Milliseconds that a body may wait until it is decompressed. */
  readonly maxWait: number;
  /** Many large bodies may end in one turn of the event loop: each waits for a turn in which there is time to parse it. */
  readonly scheduler: Pick<EventLoopScheduler, 'free' | 'next'>;
}

export function bodyReader({ maxBytes, maxWait, scheduler }: BodyReaderOptions): ReadBody {
  const decompress = decompressInTurn({ maxBytes, maxWait });
  return (given) => {
    // The listener makes no other ones (server/listen.ts).
    const request = given as GatheringRequest;
    const { headers } = request;
    const length = Number(headers['content-length'] ?? 0);
    if (length > maxBytes) return Promise.reject(bodyTooLarge(maxBytes, String(length)));
    // The stream of a request without a body emits no `end`.
    if (length === 0 && headers['transfer-encoding'] === undefined) return Promise.resolve(noBytes);
    const coding = headers['content-encoding'];
    const body = coding === undefined ? request.body() : readEncoded(request, coding);
    // Its turn came with its head; a small one is read without another promise.
    return length <= smallBody && coding === undefined && headers['transfer-encoding'] === undefined
      ? body
      : body.then(inTurn);
  };

  async function inTurn(bytes: Buffer): Promise<Buffer> {
    if (bytes.length > smallBody && !scheduler.free(true)) await scheduler.next();
    return bytes;
  }

  /** Nothing is decompressed before all of it is there. */
  async function readEncoded(request: GatheringRequest, coding: string): Promise<Buffer> {
    const compression = compressionOf(coding);
    const bytes = await request.body();
    if (compression === undefined || bytes.length === 0) return bytes;
    return decompress(request, bytes, compression);
  }
}

/** Throws Problem `invalid-body` when it is not UTF-8. */
export function decodeBody(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new Problem('invalid-body', 'The body is not UTF-8.', { cause });
  }
}

const noBytes = Buffer.alloc(0);
