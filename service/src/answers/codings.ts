/** The content codings of answers (RFC 9110, 8.4.1), and which of them a request asks for. */
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import { negotiation } from '../requests/negotiation.ts';

export type Coding = 'zstd' | 'gzip';

/** More takes several times as long and saves little. */
const gzipOptions = { level: 3 } as const;
/** A third less than gzip at a quarter of its time (ADR 0262). The window bounds what a stream holds, to 0.9 MiB. */
const zstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 2, [constants.ZSTD_c_windowLog]: 18 },
} as const;

const compressors = {
  gzip: promisify(gzip),
  zstd: promisify(zstdCompress),
} as const;

/** The bytes in the coding, compressed in another thread. */
export function compressed(coding: Coding, bytes: Buffer): Promise<Buffer> {
  return coding === 'gzip' ? compressors.gzip(bytes, gzipOptions) : compressors.zstd(bytes, zstdOptions);
}

/** Compresses what is written to it. */
export function compressor(coding: Coding): Transform {
  return coding === 'gzip' ? createGzip(gzipOptions) : createZstdCompress(zstdOptions);
}

/** The coding of an answer that a request asks for; undefined: none. */
export function codingOf(accepted: string | undefined): Coding | undefined {
  return chosenCoding(accepted, 'zstd');
}

/**
 * The coding that a request asks for, of gzip and a better one; undefined: none. Of two that it likes equally it is the
 * better one: their order in the header says nothing (RFC 9110, 12.5.3). The better one is given only to who names it:
 * what says `*` may not have thought of it.
 */
export function chosenCoding<T extends string>(accepted: string | undefined, better: T): T | 'gzip' | undefined {
  if (accepted === undefined) return undefined;
  const offers = accepted.split(',');
  const named = offers.filter((offer) => offer.split(';')[0]?.trim().toLowerCase() === better);
  const provided = named.length > 0 ? [better, 'gzip', 'identity'] : ['gzip', 'identity'];
  // Of equals, the first of the header is chosen.
  const ordered = [...named, ...offers.filter((offer) => !named.includes(offer))].join(',');
  const chosen = negotiation({ 'accept-encoding': ordered }).encoding(provided);
  return chosen === better || chosen === 'gzip' ? (chosen as T | 'gzip') : undefined;
}
