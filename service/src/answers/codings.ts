/** The content codings of answers (RFC 9110, 8.4.1), and which of them a request asks for. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { CoderThreads, inThreads } from './coder-threads.ts';
import { negotiation } from './negotiation.ts';

export type Coding = 'zstd' | 'gzip';

/** More takes several times as long and saves little. */
const gzipOptions = { level: 3 } as const;
/** A third less than gzip at a quarter of its time (ADR 0262). The window bounds what a stream holds, to 0.9 MiB. */
const zstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 2, [constants.ZSTD_c_windowLog]: 18 },
} as const;

/** What compressing takes while it lasts (of a stream, as long as its client takes), with what it is given. */
export const coderBytes: Readonly<Record<Coding, number>> = { gzip: 512 * 1024, zstd: 1024 * 1024 };

/** Of the memory for answers: as it can do without, an answer is sent as it is when more is in use. */
export const coderShare = 1 / 2;

/** Bytes that come out at once where all is made before it is sent. */
export const chunkSize = 64 * 1024;

/**
 * In the coding, piece by piece. To leave it early ends the work. The parts are not joined: together they may be as large as
 * what is kept ready.
 */
export async function* compressedPieces(coding: Coding, parts: Iterable<Buffer>): AsyncIterable<Buffer> {
  const coder = compressor(coding, chunkSize);
  // What fails there ends the coder with the same error.
  pipeline(Readable.from(parts), coder, () => {});
  yield* coder as AsyncIterable<Buffer>;
}

/** Bytes up to which a text is compressed at one go. It takes 50 us; a stream takes five times as long. */
export const atOnce = 16 * 1024;

/** With tables no larger than such a text needs: those of a stream take as long to be had from the system as to be used. */
const gzipAtOnce = { ...gzipOptions, windowBits: 14, memLevel: 6 } as const;
const zstdAtOnce = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 2,
    [constants.ZSTD_c_windowLog]: 14,
    [constants.ZSTD_c_hashLog]: 12,
    [constants.ZSTD_c_chainLog]: 12,
  },
} as const;

/** In the coding, in this turn of the event loop: for a text of up to `atOnce` bytes. */
export function compressedAtOnce(coding: Coding, text: Buffer): Buffer {
  return coding === 'gzip' ? gzipSync(text, gzipAtOnce) : zstdCompressSync(text, zstdAtOnce);
}

/** Of the process, as Node's threads are. */
const threads = new CoderThreads();

/** Compresses what is written to it. */
export function compressor(coding: Coding, chunk?: number): Transform {
  const size = chunk === undefined ? {} : { chunkSize: chunk };
  const options = { ...(coding === 'gzip' ? gzipOptions : zstdOptions), ...size };
  return inThreads(coding === 'gzip' ? createGzip(options) : createZstdCompress(options), threads);
}

/** Headers whose coding is remembered: clients send few different ones, and to choose takes a fifth of a search. */
const mostRemembered = 100;
const longestRemembered = 100;
const remembered = new Map<string, Coding | undefined>();

/** The coding of an answer that a request asks for; undefined: none. */
export function codingOf(accepted: string | undefined): Coding | undefined {
  if (accepted === undefined) return undefined;
  const known = remembered.get(accepted);
  if (known !== undefined || remembered.has(accepted)) return known;
  const coding = chosenCoding(accepted, 'zstd');
  if (remembered.size === mostRemembered) remembered.clear();
  if (accepted.length <= longestRemembered) remembered.set(accepted, coding);
  return coding;
}

/** Whether a request accepts an answer in the coding. `*` does not mean zstd, as when a coding is chosen. */
export function takesCoding(accepted: string | undefined, coding: Coding): boolean {
  if (accepted === undefined || (coding === 'zstd' && offersOf(accepted, coding).length === 0)) return false;
  return negotiation({ 'accept-encoding': accepted }).encoding([coding]) === coding;
}

/**
 * The coding that a request asks for, of gzip and a better one; undefined: none. Of two that it likes equally it is the
 * better one: their order in the header says nothing (RFC 9110, 12.5.3). The better one is given only to who names it:
 * what says `*` may not have thought of it.
 */
export function chosenCoding<T extends string>(accepted: string | undefined, better: T): T | 'gzip' | undefined {
  if (accepted === undefined) return undefined;
  const named = offersOf(accepted, better);
  const provided = named.length > 0 ? [better, 'gzip', 'identity'] : ['gzip', 'identity'];
  // Of equals, the first of the header is chosen.
  const ordered = [...named, ...accepted.split(',').filter((offer) => !named.includes(offer))].join(',');
  const chosen = negotiation({ 'accept-encoding': ordered }).encoding(provided);
  return chosen === better || chosen === 'gzip' ? (chosen as T | 'gzip') : undefined;
}

/** What the header says of the coding by its name. */
function offersOf(accepted: string, coding: string): readonly string[] {
  return accepted.split(',').filter((offer) => offer.split(';')[0]?.trim().toLowerCase() === coding);
}
