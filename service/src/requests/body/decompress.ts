/** Compressed bodies: koa-bodyparser decompresses what has arrived as a whole, and stops at the limit. */
import { Readable } from 'node:stream';
import { Problem } from '@kvstore/core/problem.ts';
import type { Context } from 'koa';
import bodyParser from 'koa-bodyparser';

/** Content-Encoding (RFC 9110, 8.4.1). */
const encodings = new Set(['gzip', 'deflate', 'br']);

/** Undefined: the body is as it is. Throws Problem `unsupported-encoding`. */
export function compressionOf(encoding: string | undefined): string | undefined {
  const name = encoding?.toLowerCase();
  if (name === undefined || name === 'identity') return undefined;
  if (encodings.has(name)) return name;
  throw new Problem('unsupported-encoding', 'Content-Encoding is gzip, deflate, br or identity.');
}

/** Rejects with Problem `body-too-large` or `invalid-body`. */
export type Decompress = (bytes: Buffer, compression: string) => Promise<Buffer>;

/** `most`: bytes, decompressed. */
export function decompressor(most: number): Decompress {
  const parse = bodyParser({
    enableTypes: ['text'],
    textLimit: String(most),
    // No decoding there: it would replace bytes that are not UTF-8 without a word.
    encoding: null as unknown as string,
    onerror: (error) => {
      throw bodyProblem(error, most);
    },
  });
  return async (bytes, compression) => {
    const headers = { 'content-encoding': compression };
    const req = Object.assign(Readable.from([bytes], { objectMode: false }), { headers });
    // All of a Koa context that the parser asks for. Whatever Content-Type says, the body is taken as it is.
    const request = { body: undefined, rawBody: undefined as unknown, get: () => '', is: () => 'text/plain' };
    await parse({ req, request } as unknown as Context, async () => {});
    return Buffer.isBuffer(request.rawBody) ? request.rawBody : noBytes;
  };
}

const noBytes = Buffer.alloc(0);

export function bodyTooLarge(limit: number, size: string): Problem {
  return new Problem('body-too-large', `A body has at most ${limit} bytes; this one has ${size}.`);
}

/** The errors of raw-body, whose `type` names the cause, and of zlib. */
function bodyProblem(cause: Error & { type?: string; received?: number }, most: number): Problem {
  if (cause.type === 'entity.too.large') return bodyTooLarge(most, `${cause.received} or more`);
  return new Problem('invalid-body', 'The body cannot be decompressed.', { cause });
}
