/** Bodies that are compressed. */
import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import { Problem } from '../errors.ts';

type Inflate = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

/** By Content-Encoding (RFC 9110, 8.4.1). */
const inflaters: Readonly<Record<string, Inflate>> = {
  gzip: promisify<Buffer, object, Buffer>(unzip),
  deflate: promisify<Buffer, object, Buffer>(unzip),
  br: promisify<Buffer, object, Buffer>(brotliDecompress),
};

/** Undefined: the body is as it is. Throws Problem `unsupported-encoding`. */
export function inflaterOf(encoding: string | undefined): Inflate | undefined {
  const name = encoding?.toLowerCase();
  if (name === undefined || name === 'identity') return undefined;
  if (Object.hasOwn(inflaters, name)) return inflaters[name];
  throw new Problem('unsupported-encoding', 'Content-Encoding is gzip, deflate, br or identity.');
}

/** Stops at `most` bytes. Rejects with Problem `body-too-large` or `invalid-body`. */
export async function inflated(inflate: Inflate, bytes: Buffer, most: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: most });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw bodyTooLarge(most, `${most + 1} or more`);
    throw new Problem('invalid-body', 'The body cannot be decompressed.', { cause });
  }
}

export function bodyTooLarge(limit: number, size: string): Problem {
  return new Problem('body-too-large', `A body has at most ${limit} bytes; this one has ${size}.`);
}
